import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';

/** A service has still to erase what it keeps of a user. */
export interface ErasureJob {
  readonly kind: 'erasure';
  readonly service: ErasingService;
  /** Id of the user. */
  readonly subject: string;
}

/** The services that keep more of a user than the id as an author. */
export const erasingServices = ['cms'] as const;
export type ErasingService = (typeof erasingServices)[number];

/** Notes in the transaction of a user's deletion which services are to be told: both happen or neither. */
export async function addErasure(transaction: Transaction<AuthTables>, subject: string, at: number): Promise<void> {
  await transaction
    .insertInto('erasure_outbox')
    .values(
      erasingServices.map((service) => ({
        id: randomUUIDv7(),
        job: JSON.stringify({ kind: 'erasure', service, subject } satisfies ErasureJob),
        created_at: new Date(at),
        next_attempt_at: new Date(at),
      })),
    )
    .execute();
}
