import type { Kysely, Transaction } from 'kysely';
import type { EntryEvent } from './events.ts';

/** What a service makes of the entries of the feed. All of it happens in the transaction that moves the cursor. */
export interface FeedConsumer<DB> {
  /** Puts entries, each named once, into the state that the events say. What it writes carries the generation. */
  apply(transaction: Transaction<DB>, entries: readonly EntryEvent[], generation: number): Promise<void>;
  /** Removes what carries an older generation: a whole feed did not name it again. */
  sweep(transaction: Transaction<DB>, generation: number): Promise<void>;
  /** How many events a rebuild will bring, roughly; undefined if nothing tells. */
  expected?(database: Kysely<DB>): Promise<number | undefined>;
  /** After much has been written: at the end of a rebuild or a long way, and each time that twice as much was. */
  maintenance?(database: Kysely<DB>): Promise<void>;
}
