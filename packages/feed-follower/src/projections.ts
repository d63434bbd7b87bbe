import { sql, type Transaction } from 'kysely';
import type { ClassEvent, EntitlementEvent, FeedEvent } from './events.ts';

/** Projects the access classes and entitlements of the feed. */
export async function applyProjections<DB>(
  transaction: Transaction<DB>,
  events: readonly FeedEvent[],
  generation: number,
): Promise<void> {
  const classes = latest(
    events.filter((event): event is ClassEvent => event.kind === 'class'),
    ({ site, id }) => `${site} ${id}`,
  );
  const entitlements = latest(
    events.filter((event): event is EntitlementEvent => event.kind === 'entitlement'),
    ({ site, subject, product }) => JSON.stringify([site, subject, product]),
  );
  for (const { site, id, of, names } of classes) {
    await sql`
      insert into access_classes (site, id, kind, names, generation)
      values (${site}, ${id}, ${of}, ${[...names]}::text[], ${generation})
      on conflict (site, id) do update
        set kind = excluded.kind, names = excluded.names, generation = excluded.generation`.execute(transaction);
  }
  if (entitlements.length === 0) return;
  const column = (read: (event: EntitlementEvent) => string | boolean) => entitlements.map(read);
  await sql`
    insert into entitlements (site, subject, product, held, generation)
    select site, subject, product, held, ${generation}::integer from unnest(
      ${column(({ site }) => site)}::text[],
      ${column(({ subject }) => subject)}::text[],
      ${column(({ product }) => product)}::text[],
      ${column(({ held }) => held)}::boolean[]
    ) as given (site, subject, product, held)
    on conflict (site, subject, product) do update
      set held = excluded.held, generation = excluded.generation`.execute(transaction);
}

/** Removes rows that a rebuild did not write. */
export async function sweepProjections<DB>(transaction: Transaction<DB>, generation: number): Promise<void> {
  await sql`delete from access_classes where generation < ${generation}`.execute(transaction);
  await sql`delete from entitlements where generation < ${generation}`.execute(transaction);
}

/** The last event of each key. */
export function latest<T>(events: readonly T[], keyOf: (event: T) => string): T[] {
  return [...new Map(events.map((event) => [keyOf(event), event])).values()];
}
