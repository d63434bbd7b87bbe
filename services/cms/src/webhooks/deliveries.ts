import { sql } from 'kysely';
import type { CmsDatabase, CmsReader, WebhookDeliveryTable } from '../database.ts';

export type Delivery = WebhookDeliveryTable;

/** Deliveries kept of each endpoint. */
const KEPT = 1_000;
/** How often, at most, and how rarely old deliveries are taken away: at one write in so many. */
const PRUNE_EVERY = 100;

/** Writes what became of a message. Nothing of its token or body but the names that the log is for. */
export async function logDelivery(writer: CmsReader, delivery: Delivery): Promise<void> {
  await writer.insertInto('webhook_deliveries').values(delivery).execute();
}

/** Deliveries of an endpoint, newest first, older than `before`. */
export async function listDeliveries(
  database: CmsDatabase,
  endpointId: string,
  by: { readonly outcome?: Delivery['outcome'] | undefined; readonly before?: string | undefined },
  limit: number,
): Promise<Delivery[]> {
  let query = database.selectFrom('webhook_deliveries').selectAll().where('endpoint_id', '=', endpointId);
  if (by.outcome !== undefined) query = query.where('outcome', '=', by.outcome);
  if (by.before !== undefined) query = query.where('id', '<', by.before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** Keeps the log of an endpoint, and the list of consumed messages, within bounds; does its work now and then. */
export async function pruneNowAndThen(
  database: CmsDatabase,
  endpointId: string,
  count: number,
  now: () => number,
): Promise<void> {
  if (count % PRUNE_EVERY !== 0) return;
  await sql`
    delete from webhook_deliveries where endpoint_id = ${endpointId} and id < (
      select id from webhook_deliveries where endpoint_id = ${endpointId} order by id desc offset ${KEPT - 1} limit 1
    )`.execute(database);
  await database.deleteFrom('webhook_consumed').where('expires_at', '<', new Date(now())).execute();
}
