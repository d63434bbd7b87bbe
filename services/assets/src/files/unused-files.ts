import { systemActor } from '@gaia/audit-log/actor';
import { type Kysely, sql } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import type { Files } from './files.ts';
import { type RemoveBytesDependencies, removeBytes } from './remove-bytes.ts';

export interface UnusedFilesDependencies extends Omit<RemoveBytesDependencies, 'files'> {
  readonly database: Kysely<AssetsDatabase>;
  readonly files: Pick<Files, 'remove' | 'forgetBytes'>;
  /** After so many days; 0: never. */
  readonly days: number;
  /** Whether all changes of entries up to now are known: one of them could mention a file. */
  readonly isCurrent: () => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const BATCH = 200;

/**
 * Deletes files that only entries could open, and that none has mentioned, draft or published, for some days. The days count from when
 * that was first seen: a file that was in use until yesterday is not collected today. Gives how many.
 */
export async function collectUnusedFiles(deps: UnusedFilesDependencies): Promise<number> {
  const { database, files, days, isCurrent, now } = deps;
  if (days === 0 || !(await isCurrent())) return 0;
  const isUnused = sql<boolean>`visibility = 'private' and not exists (
    select from file_references r where r.site = files.site and r.file = files.id)`;
  const seen = new Date(now());
  await database
    .updateTable('files')
    .set({ unused_since: null })
    .where('unused_since', 'is not', null)
    .where(sql<boolean>`not (${isUnused})`)
    .execute();
  await database
    .updateTable('files')
    .set({ unused_since: seen })
    .where('unused_since', 'is', null)
    .where(isUnused)
    .execute();
  const unused = await database
    .selectFrom('files')
    .select('id')
    .where('unused_since', '<=', new Date(now() - days * DAY_MS))
    .where(isUnused)
    .limit(BATCH)
    .execute();
  for (const { id } of unused) {
    const removed = await files.remove(id, systemActor('assets'), { action: 'file.collect', details: { days } });
    if (removed !== undefined) await removeBytes(deps, removed);
  }
  return unused.length;
}
