import { type SqlBool, sql } from 'kysely';
import type { CmsTransaction } from '../database.ts';
import type { ContentType } from './field.ts';

interface Owner {
  readonly site: string;
  readonly entryId: string;
}

/** Values of unique fields in both copies, one row a value. The digest keeps rows small whatever the value is. */
const valuesOf = (fieldIds: readonly string[]) => sql`
  select distinct e.site, e.type_id, f.id as field_id, sha256(convert_to((d.doc -> f.id)::text, 'UTF8')) as digest,
    e.id as entry_id
  from entries e
  cross join unnest(${sql.val(fieldIds)}::text[]) f(id)
  cross join lateral (values (e.draft), (e.published)) d(doc)
  where d.doc -> f.id is not null`;

/**
 * Makes an entry, as it has just been written, the owner of its unique values, and of those only.
 * Gives the ids of the fields whose value another entry owns.
 */
export async function reserveEntryValues(
  transaction: CmsTransaction,
  owner: Owner,
  fieldIds: readonly string[],
): Promise<string[]> {
  const mine = sql`${valuesOf(fieldIds)} and e.site = ${owner.site} and e.id = ${owner.entryId}`;
  await sql`
    delete from entry_uniques u where u.site = ${owner.site} and u.entry_id = ${owner.entryId}
    and not exists (select from (${mine}) v where v.field_id = u.field_id and v.digest = u.digest)`.execute(
    transaction,
  );
  // Sorted, so that two writers who want the same values wait for each other instead of locking each other out.
  await sql`
    insert into entry_uniques (site, type_id, field_id, digest, entry_id)
    ${mine} order by field_id, digest on conflict do nothing`.execute(transaction);
  const taken = await sql<{ field_id: string }>`
    select distinct v.field_id from (${mine}) v
    where not exists (
      select from entry_uniques u
      where u.site = v.site and u.type_id = v.type_id and u.field_id = v.field_id and u.digest = v.digest
        and u.entry_id = v.entry_id
    )`.execute(transaction);
  return taken.rows.map((row) => row.field_id);
}

/** The same for all entries of a type, when a field becomes unique. False if two share a value. */
export async function reserveTypeValues(
  transaction: CmsTransaction,
  type: ContentType,
  fieldId: string,
): Promise<boolean> {
  const all = sql`${valuesOf([fieldId])} and e.site = ${type.site} and e.type_id = ${type.id}`;
  const shared = await sql<{ shared: SqlBool }>`
    select exists (select from (${all}) v group by v.digest having count(*) > 1) as shared`.execute(transaction);
  if (shared.rows[0]?.shared) return false;
  await sql`insert into entry_uniques (site, type_id, field_id, digest, entry_id) ${all}`.execute(transaction);
  return true;
}

export async function dropUniqueValues(
  transaction: CmsTransaction,
  type: ContentType,
  fieldIds: readonly string[],
): Promise<void> {
  await transaction
    .deleteFrom('entry_uniques')
    .where('site', '=', type.site)
    .where('type_id', '=', type.id)
    .where('field_id', 'in', fieldIds)
    .execute();
}
