import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AuditTables } from './tables.ts';

/** A recorded position of the chain: a rewritten log does not reproduce it. */
export interface ChainPoint {
  readonly seq: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export interface ChainRequest {
  readonly after: number;
  readonly limit: number;
  readonly noted?: ChainPoint | undefined;
}

export interface ChainVerdict {
  /** Everything that was looked at is as it was written. */
  readonly intact: boolean;
  /** What is wrong, and where. */
  readonly fault?: { readonly seq: number; readonly reason: 'changed' | 'missing' | 'cut_short' | 'not_as_noted' };
  readonly checked: number;
  /** Where the next call goes on; undefined when the head of the chain was reached. */
  readonly next: number | undefined;
  readonly head: ChainPoint;
}

const PAGE = 1_000;

/** The hash of an entry, which the database works out in the same way when it is written. */
export function chainHash(previous: Buffer, seq: number, entry: string): Buffer {
  return createHash('sha256').update(previous).update(`${seq}\n${entry}`).digest();
}

/**
 * Works the chain out again, from the entry behind `after` (0: the oldest that is kept), at most `limit` entries.
 * `noted` is compared with the hash that its entry has, if it is still kept.
 */
export function verifyChain(database: Kysely<AuditTables>, request: ChainRequest): Promise<ChainVerdict> {
  // One view of head and entries, whatever is written or forgotten meanwhile.
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((transaction) => verifyIn(transaction, request));
}

async function verifyIn(database: Kysely<AuditTables>, { after, limit, noted }: ChainRequest): Promise<ChainVerdict> {
  const stored = await database.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow();
  const head = { seq: stored.seq, hash: stored.hash.toString('hex') };
  let seq = Math.max(after, stored.forgotten_seq);
  let hash = await hashAt(database, seq, stored);
  let checked = 0;
  const faultAt = (at: number, reason: NonNullable<ChainVerdict['fault']>['reason']): ChainVerdict => ({
    intact: false,
    fault: { seq: at, reason },
    checked,
    next: undefined,
    head,
  });

  if (hash === undefined) return faultAt(seq, 'missing');
  if (noted !== undefined && noted.seq >= stored.forgotten_seq) {
    const found = await hashAt(database, noted.seq, stored);
    if (found?.toString('hex') !== noted.hash) return faultAt(noted.seq, 'not_as_noted');
  }
  while (checked < limit && seq < stored.seq) {
    const rows = await database
      .selectFrom('audit_log')
      .select(['seq', 'entry', 'hash'])
      .where('seq', '>', seq)
      .where('seq', '<=', stored.seq)
      .orderBy('seq')
      .limit(Math.min(PAGE, limit - checked))
      .execute();
    if (rows.length === 0) return faultAt(seq + 1, 'cut_short');
    for (const row of rows) {
      if (row.seq !== seq + 1) return faultAt(seq + 1, 'missing');
      hash = chainHash(hash, row.seq, row.entry);
      if (!hash.equals(row.hash)) return faultAt(row.seq, 'changed');
      seq = row.seq;
      checked += 1;
    }
  }
  if (seq < stored.seq) return { intact: true, checked, next: seq, head };
  if (seq === stored.seq && !hash.equals(stored.hash)) return faultAt(seq, 'changed');
  return { intact: true, checked, next: undefined, head };
}

async function hashAt(
  database: Kysely<AuditTables>,
  seq: number,
  head: { forgotten_seq: number; forgotten_hash: Buffer },
): Promise<Buffer | undefined> {
  if (seq === head.forgotten_seq) return head.forgotten_hash;
  const row = await database.selectFrom('audit_log').select('hash').where('seq', '=', seq).executeTakeFirst();
  return row?.hash;
}
