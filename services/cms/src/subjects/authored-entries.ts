import { mayReadField } from '@gaia/policy/fields';
import { sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import type { EntryView } from '../entries/entry.ts';
import { type EntryRow, readScope, typeVersionOf, viewColumns, viewOfRow } from '../entries/entry-columns.ts';
import type { TypeCache } from '../types/type-cache.ts';

/** Where a page of a user's entries ended. */
export interface AuthoredPlace {
  readonly site: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly id: string;
}

/** An entry as its author has it. */
export interface AuthoredEntry {
  readonly view: EntryView;
  /** Names of fields that only some roles may read: the view is without them. */
  readonly withheld: readonly string[];
}

export interface AuthoredPage {
  readonly entries: readonly AuthoredEntry[];
  /** Undefined when there is nothing more; a page before that may be empty. */
  readonly next: AuthoredPlace | undefined;
}

const PAGE_ENTRIES = 100;
/** Beyond it a page ends, with one entry at least. */
const PAGE_BYTES = 1024 * 1024;

/**
 * A page of what a user has written on every site, also where the user is no member any more. One site after the other,
 * so that a page is read in the order of the index that every site has, and none over all sites must be kept for this.
 */
export async function authoredEntries(
  database: CmsDatabase,
  types: TypeCache,
  author: string,
  after: AuthoredPlace | undefined,
): Promise<AuthoredPage> {
  const page = after && (await pageOfSite(database, types, author, after));
  if (page !== undefined && page.entries.length > 0) return page;
  const site = await nextSite(database, author, after?.site ?? '');
  if (site === undefined) return { entries: [], next: undefined };
  return pageOfSite(database, types, author, { ...beginning, site });
}

const beginning: Omit<AuthoredPlace, 'site'> = { createdAt: 0, id: '00000000-0000-0000-0000-000000000000' };

/** The first site behind a name on which the user has written something. */
async function nextSite(database: CmsDatabase, author: string, behind: string): Promise<string | undefined> {
  const { rows } = await sql<{ site: string }>`
    select s.site from (select distinct site from content_types where site > ${behind}) s
    where exists (select from entries e where e.site = s.site and e.author = ${author})
    order by s.site limit 1`.execute(database);
  return rows[0]?.site;
}

async function pageOfSite(
  database: CmsDatabase,
  types: TypeCache,
  author: string,
  { site, createdAt, id }: AuthoredPlace,
): Promise<AuthoredPage> {
  // What the roles of the user are on each site is not known here, so the author is all that opens an entry.
  const caller = { subject: author, site, roles: [], scopes: [] };
  const scope = readScope(caller, site);
  const { rows } = await sql<EntryRow>`
    select ${viewColumns(scope)} from (
      select *, sum(bytes) over (order by created_at, id) - bytes as before from (
        select * from entries
        where site = ${site} and author = ${author} and created_at >= ${new Date(createdAt)}::timestamptz
          and (created_at, id) > (${new Date(createdAt)}::timestamptz, ${id}::uuid)
        order by created_at, id limit ${PAGE_ENTRIES}
      ) following
    ) e
    join content_types t on t.site = e.site and t.id = e.type_id
    where e.before < ${PAGE_BYTES} and ${scope.visible}
    order by e.created_at, e.id`.execute(database);
  const typeOf = await types.load(database, rows.map(typeVersionOf));
  const entries = rows.map((row) => {
    const type = typeOf(typeVersionOf(row));
    const hidden = type.fields.filter((field) => !mayReadField(caller, field.readable_by));
    return { view: viewOfRow(row, type, caller), withheld: hidden.map((field) => field.name) };
  });
  const last = rows.at(-1);
  const next =
    last === undefined ? { site, createdAt, id } : { site, createdAt: last.created_at.getTime(), id: last.id };
  return { entries, next };
}
