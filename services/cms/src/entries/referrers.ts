import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import { sql } from 'kysely';
import type { CmsReader } from '../database.ts';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { titleFieldOf } from '../types/document-contents.ts';
import type { TypeCache } from '../types/type-cache.ts';
import type { JsonObject } from '../values/json-values.ts';
import { readScope } from './entry-columns.ts';

/** An entry that refers to another one, as a caller sees it. */
export interface Referrer {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly status: 'draft' | 'published';
  /** Names of the fields that refer, in either copy as far as the caller may see it. */
  readonly draft: string[];
  readonly published: string[];
}

interface Row {
  id: string;
  site: string;
  type_id: string;
  type_version: number;
  is_published: boolean;
  document: JsonObject;
  draft_fields: string[] | null;
  published_fields: string[] | null;
}

/** Entries that a problem names, and that a count counts to. */
const MAX_NAMED = 20;
const MAX_COUNTED = 1_000;

/** Referrers after an id, by id; of `limit` entries only those are given that the caller may see referring. */
export async function findReferrers(
  reader: CmsReader,
  types: TypeCache,
  caller: Caller,
  target: { readonly site: string; readonly id: string },
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<{ referrers: Referrer[]; last: string | undefined }> {
  const { site, id } = target;
  const scope = readScope(caller, site);
  const { rows } = await sql<Row>`
    select e.id, e.site, e.type_id, t.version as type_version, e.published is not null as is_published,
      ${scope.pick(sql`e.draft`, sql`e.published`)} as document,
      ${scope.pick(sql`r.draft_fields`, sql`null`)} as draft_fields, r.published_fields
    from (
      select entry_id, array_agg(field_id) filter (where not published) as draft_fields,
        array_agg(field_id) filter (where published) as published_fields
      from entry_refs
      where site = ${site} and target_id = ${id}::uuid and entry_id <> ${id}::uuid
        and (${page.after ?? null}::uuid is null or entry_id > ${page.after ?? null}::uuid)
      group by entry_id
    ) r
    join entries e on e.site = ${site} and e.id = r.entry_id
    join content_types t on t.site = e.site and t.id = e.type_id
    where ${scope.visible}
    order by e.id limit ${page.limit + 1}`.execute(reader);
  const shown = rows.slice(0, page.limit);
  const version = (row: Row) => ({ site: row.site, id: row.type_id, version: row.type_version });
  const typeOf = await types.load(reader, shown.map(version));
  const referrers = shown.map((row) => referrerOf(row, typeOf(version(row)), caller));
  return {
    referrers: referrers.filter(({ draft, published }) => draft.length + published.length > 0),
    last: rows.length > shown.length ? shown.at(-1)?.id : undefined,
  };
}

function referrerOf(row: Row, type: CompiledType, caller: Caller): Referrer {
  const readable = type.fields.filter((field) => mayReadField(caller, field.readable_by));
  const names = (ids: readonly string[] | null) =>
    readable.filter(({ id }) => ids?.includes(id)).map(({ name }) => name);
  const titleField = titleFieldOf(type);
  const title = titleField && readable.includes(titleField) ? row.document[titleField.id] : undefined;
  return {
    id: row.id,
    type: type.name,
    title: typeof title === 'string' ? title : '',
    status: row.is_published ? 'published' : 'draft',
    draft: names(row.draft_fields),
    published: names(row.published_fields),
  };
}

/** Entries that refer to one, whoever may see them; up to 1,000. */
export async function countReferrers(
  reader: CmsReader,
  { site, id }: { readonly site: string; readonly id: string },
  published: boolean,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select distinct entry_id from entry_refs
      where site = ${site} and target_id = ${id}::uuid and entry_id <> ${id}::uuid ${published ? sql`and published` : sql``}
      limit ${MAX_COUNTED}
    ) r`.execute(reader);
  return rows[0]?.count ?? 0;
}

/** 409 `entry_in_use`, naming the referrers that the caller may see; the others are only counted. */
export async function entryInUse(
  reader: CmsReader,
  types: TypeCache,
  caller: Caller,
  target: { readonly site: string; readonly id: string },
  total: number,
  detail = 'Other entries refer to it; remove the references first, or unlink them with references=unlink.',
) {
  const { referrers } = await findReferrers(reader, types, caller, target, { after: undefined, limit: MAX_NAMED });
  return problem('entry_in_use', { detail, extensions: { referenced_by: referrers, referenced_by_total: total } });
}
