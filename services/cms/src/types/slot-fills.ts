import { sql } from 'kysely';
import type { CmsReader, CmsTransaction } from '../database.ts';
import { sameJson } from '../values/json-values.ts';
import type { ContentType } from './field.ts';

/** Has the slots of a changed type filled anew, if they are others than before. */
export async function scheduleFill(
  transaction: CmsTransaction,
  before: ContentType,
  after: ContentType,
): Promise<void> {
  if (sameJson(before.slots, after.slots)) return;
  const waiting = Object.keys(after.slots).filter((id) => before.slots[id] !== after.slots[id]);
  await sql`
    insert into variant_fills as f (site, type_id, fields) values (${after.site}, ${after.id}, ${waiting}::text[])
    on conflict (site, type_id) do update
    set fields = f.fields || excluded.fields, after_id = null, filled = 0`.execute(transaction);
}

const filled = new WeakSet<ContentType>();

/** Ids of the fields of a type whose slots do not hold all values yet; undefined: all. A version that is filled stays so. */
export async function waitingFields(reader: CmsReader, type: ContentType): Promise<readonly string[] | undefined> {
  if (filled.has(type)) return [];
  const fill = await reader
    .selectFrom('variant_fills')
    .select('fields')
    .where('site', '=', type.site)
    .where('type_id', '=', type.id)
    .executeTakeFirst();
  if (fill !== undefined) return fill.fields ?? undefined;
  filled.add(type);
  return [];
}

export async function typesBeingFilled(reader: CmsReader, site: string): Promise<ReadonlySet<string>> {
  const rows = await reader.selectFrom('variant_fills').select('type_id').where('site', '=', site).execute();
  return new Set(rows.map((row) => row.type_id));
}
