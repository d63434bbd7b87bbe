import { sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { documentContents } from '../types/document-contents.ts';
import type { FieldType } from '../types/field.ts';
import type { TypeCache } from '../types/type-cache.ts';
import type { JsonObject } from '../values/json-values.ts';
import { readFeedCursor, writeFeedCursor } from './feed-cursor.ts';

/** One copy of an entry, ready to be indexed. */
export interface FeedCopy {
  fields: JsonObject;
  title: string;
  title_language: string | null;
  text: string;
  languages: { language: string; from: number; to: number }[];
  assets: string[];
  references: string[];
  restricted: { readable_by: string[]; text: string; assets: string[] }[];
}

export interface FeedEntry {
  type: string;
  author: string;
  visibility: string;
  access_class: number;
  status: 'draft' | 'published';
  version: number;
  updated_at: string;
  /** Fields that everybody may read and whose values can be compared. */
  comparable: { name: string; type: string; list: boolean; facet: boolean }[];
  draft: FeedCopy;
  published: (FeedCopy & { published_at: string }) | null;
}

export interface FeedClass {
  id: number;
  kind: 'roles' | 'products';
  names: string[];
}

export interface FeedEntitlement {
  user: string;
  product: string;
  held: boolean;
}

interface EventPlace {
  seq: string;
  at: string;
  site: string;
  id: string;
}

/** Each with its subject as it is now; an entry that has been deleted is null. */
export type FeedEvent = EventPlace &
  (
    | { kind: 'entry'; entry: FeedEntry | null }
    | { kind: 'class'; class: FeedClass }
    | { kind: 'entitlement'; entitlement: FeedEntitlement }
  );

export interface FeedPage {
  events: FeedEvent[];
  cursor: string;
  /** Every change committed with a `seq` up to this one is in the events up to `cursor`. */
  seq: string;
  /** `seq` of the newest event that could be given. */
  head: string;
  /** Whether there are events that cannot be given yet, because transactions that started earlier are running. */
  held: boolean;
}

interface Row {
  epoch: string;
  below: string;
  head: string | null;
  newest: string | null;
  seq: string | null;
  at: Date | null;
  site: string | null;
  id: string | null;
  cut: boolean | null;
  kind: 'entry' | 'class' | 'entitlement' | null;
  class: FeedClass | null;
  entitlement: FeedEntitlement | null;
  entry_site: string | null;
  type_id: string;
  type_version: number;
  author: string;
  visibility: string;
  access_class: number;
  version: number;
  updated_at: Date;
  published_at: Date | null;
  draft: JsonObject;
  published: JsonObject | null;
}

/** Largest page, in bytes of the entries' fields: beyond it a page ends, but never within a `seq`. */
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * One page of the feed after a cursor, in the order of commits. One statement, so one snapshot: `below` is the oldest
 * transaction that runs in it, and nothing is read from there on, since slower transactions can still write there.
 */
export async function readFeedPage(
  database: CmsDatabase,
  types: TypeCache,
  after: string | undefined,
  limit: number,
): Promise<FeedPage> {
  const cursor = readFeedCursor(after);
  const { rows } = await pageQuery(cursor.seq, limit).execute(database);
  const [state] = rows;
  if (state === undefined) throw new Error('the feed has lost its state');
  const { epoch } = state;
  if ((cursor.epoch ?? epoch) !== epoch || cursor.seq >= BigInt(state.below)) {
    throw problem('invalid_cursor', { detail: 'The feed has begun anew since; start again without a cursor.' });
  }
  const given = rows.filter((row) => row.seq !== null && row.cut === false);
  const withEntry = given.filter((row) => row.entry_site !== null);
  const typeOf = await types.load(database, withEntry.map(typeVersionOf));
  const events = given.flatMap((row) => eventOf(row, row.entry_site === null ? undefined : typeOf(typeVersionOf(row))));
  const last = given.at(-1)?.seq ?? String(cursor.seq);
  const full = given.length >= limit || given.length < rows.filter((row) => row.seq !== null).length;
  return {
    events,
    cursor: last === '0' ? '' : writeFeedCursor({ epoch, seq: BigInt(last) }),
    seq: full ? last : String(BigInt(state.below) - 1n),
    head: state.head ?? '0',
    held: state.newest !== null && BigInt(state.newest) >= BigInt(state.below),
  };
}

function pageQuery(from: bigint, limit: number) {
  return sql<Row>`
    with state as materialized (
      select epoch, base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint as below from feed_state
    ),
    page as materialized (
      select seq, n, at, site, kind, subject_id from feed_events
      where seq > ${String(from)}::bigint and seq < (select below from state)
      order by seq
      fetch first (${limit}::bigint) rows with ties
    ),
    sized as (
      select page.*, e.site as entry_site, e.type_id, e.author, e.visibility, e.access_class, e.version, e.updated_at, e.published_at,
        e.draft, e.published,
        sum(coalesce(e.bytes, 0)) over (order by page.seq)
          - sum(coalesce(e.bytes, 0)) over (partition by page.seq) >= ${PAGE_BYTES} as cut
      from page
      left join entries e on page.kind = 'entry' and e.site = page.site and e.id = page.subject_id
    )
    select state.epoch, state.below::text,
      (select max(seq)::text from feed_events where seq < state.below) as head,
      (select max(seq)::text from feed_events) as newest,
      s.seq::text, s.at, s.site, s.kind, s.subject_id as id, s.cut,
      case when c.key is not null then jsonb_build_object('id', c.id, 'kind', c.kind, 'names', to_jsonb(c.names)) end
        as class,
      case when n.key is not null
        then jsonb_build_object('user', n.subject, 'product', n.product, 'held', n.held) end as entitlement,
      s.entry_site, s.type_id, t.version as type_version, s.author,
      s.visibility, s.access_class, s.version, s.updated_at, s.published_at,
      case when not s.cut then s.draft end as draft, case when not s.cut then s.published end as published
    from state
    left join sized s on true
    left join access_classes c on s.kind = 'class' and c.key = s.subject_id
    left join entitlements n on s.kind = 'entitlement' and n.key = s.subject_id
    left join content_types t on t.site = s.site and t.id = s.type_id
    order by s.seq, s.n`;
}

function typeVersionOf(row: Row) {
  return { site: row.site ?? '', id: row.type_id, version: row.type_version };
}

function eventOf(row: Row, type: CompiledType | undefined): FeedEvent[] {
  const place = { seq: row.seq ?? '0', at: row.at?.toISOString() ?? '', site: row.site ?? '', id: row.id ?? '' };
  if (row.kind === 'entry') return [{ ...place, kind: 'entry', entry: type === undefined ? null : entryOf(row, type) }];
  if (row.class !== null) return [{ ...place, kind: 'class', class: row.class }];
  return row.entitlement === null ? [] : [{ ...place, kind: 'entitlement', entitlement: row.entitlement }];
}

function entryOf(row: Row, type: CompiledType): FeedEntry {
  return {
    type: type.name,
    author: row.author,
    visibility: row.visibility,
    access_class: row.access_class,
    status: row.published === null ? 'draft' : 'published',
    version: row.version,
    updated_at: row.updated_at.toISOString(),
    comparable: comparableFields(type),
    draft: copyOf(type, row.draft),
    published:
      row.published === null
        ? null
        : { ...copyOf(type, row.published), published_at: row.published_at?.toISOString() ?? '' },
  };
}

const comparableTypes: readonly FieldType[] = ['text', 'number', 'decimal', 'boolean', 'date', 'enum', 'reference'];

function comparableFields({ fields }: CompiledType): FeedEntry['comparable'] {
  return fields.flatMap(({ name, type, of, facet = false, readable_by }) => {
    const compared = type === 'list' ? of?.type : type;
    if (readable_by !== undefined || compared === undefined || !comparableTypes.includes(compared)) return [];
    return [{ name, type: compared, list: type === 'list', facet }];
  });
}

function copyOf(type: CompiledType, document: JsonObject): FeedCopy {
  const { title, titleLanguage, text, languages, assets, references, restricted } = documentContents(type, document);
  return {
    fields: type.decode(document),
    title,
    title_language: titleLanguage ?? null,
    text,
    languages: languages.map((span) => ({ ...span })),
    assets: [...assets],
    references: [...references],
    restricted: restricted.map((part) => ({ ...part, readable_by: [...part.readable_by], assets: [...part.assets] })),
  };
}
