import { sql } from 'kysely';
import type { CmsDatabase } from '../database.ts';
import { inTransaction } from '../transactions.ts';
import { findTypesById } from '../types/type-store.ts';
import { dropVariants, writeVariants } from './variant-rows.ts';

/** Entries in one transaction. */
const BATCH = 500;

/**
 * Writes the variants of a batch of entries of a type whose slots are not filled yet. Returns false when there is nothing to do.
 * One that is being saved is waited for: its author may yet change nothing.
 */
export async function fillVariants(database: CmsDatabase): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const task = await transaction
      .selectFrom('variant_fills')
      .selectAll()
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (task === undefined) return false;
    const [type] = await findTypesById(transaction, [{ site: task.site, id: task.type_id }]);
    const ofType = sql`site = ${task.site} and type_id = ${task.type_id}`;
    const { rows } = await sql<{ last: string | null; count: number }>`
      select (array_agg(id order by id desc))[1] as last, count(*)::int as count from (
        select id from entries where ${ofType} and (${task.after_id}::uuid is null or id > ${task.after_id}::uuid)
        order by id limit ${BATCH}) batch`.execute(transaction);
    const [batch] = rows;
    if (type === undefined || batch === undefined || batch.last === null) {
      await sql`delete from variant_fills where ${ofType}`.execute(transaction);
      return true;
    }
    const entries = sql`(
      select * from entries where ${ofType} and id <= ${batch.last}::uuid
        and (${task.after_id}::uuid is null or id > ${task.after_id}::uuid)
      for no key update)`;
    await sql`with e as materialized ${entries}, unpublished as (${dropVariants(type, sql`e`)})
      ${writeVariants(type, sql`from e`)}`.execute(transaction);
    await sql`update variant_fills set after_id = ${batch.last}::uuid, filled = filled + ${batch.count}
      where ${ofType}`.execute(transaction);
    return true;
  });
}
