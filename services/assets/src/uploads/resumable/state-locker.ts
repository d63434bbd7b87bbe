import { setTimeout as delay } from 'node:timers/promises';
import type { RecordStore } from '@gaia/state/state';
import type { Lock, Locker } from '@tus/utils';
import { problem } from '../../errors.ts';

export interface StateLockerOptions {
  readonly records: RecordStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomId: () => string;
  /** Resolves when nothing is being written to an upload by this process any more. */
  readonly settled: (uploadId: string) => Promise<void>;
}

const LOCKS = 'assets-upload-locks';
const WANTED = 'assets-upload-locks-wanted';
/** A holder that is gone keeps a lock for so long. */
const LOCK_MS = 10_000;
const LOOK_EVERY_MS = 500;
/** Longer than a holder takes to end, and than a dead one keeps its lock. */
const WAIT_MS = 15_000;

/**
 * The locks of uploads in the shared state, so that one request at a time goes on with an upload, at whichever replica. Whoever
 * waits for a lock makes its holder end: that one is often a connection whose client is gone. What is written is right
 * without the lock too, because bytes are counted in the database.
 */
export function createStateLocker(options: StateLockerOptions): Locker {
  return { newLock: (id) => newLock(id, options) };
}

function newLock(id: string, { records, now, randomId, settled }: StateLockerOptions): Lock {
  const holder = randomId();
  let holding: NodeJS.Timeout | undefined;

  async function keep(cancelReq: () => void): Promise<void> {
    if ((await records.get(LOCKS, id, now())) !== holder) return;
    await records.set(LOCKS, id, holder, now() + LOCK_MS, now());
    const wantedBy = await records.get(WANTED, id, now());
    if (wantedBy !== undefined && wantedBy !== holder) cancelReq();
  }

  return {
    async lock(signal, cancelReq) {
      const attempts = Math.ceil(WAIT_MS / LOOK_EVERY_MS);
      for (let attempt = 0; !(await records.add(LOCKS, id, holder, now() + LOCK_MS, now())); attempt += 1) {
        if (attempt >= attempts || signal.aborted) throw problem('upload_locked', { headers: { 'retry-after': '5' } });
        await records.set(WANTED, id, holder, now() + LOCK_MS, now());
        await delay(LOOK_EVERY_MS);
      }
      if ((await records.get(WANTED, id, now())) === holder) await records.delete(WANTED, id);
      // Where the state is unavailable, the lock ends by itself.
      holding = setInterval(() => void keep(cancelReq).catch(() => undefined), LOOK_EVERY_MS);
      holding.unref();
    },
    async unlock() {
      clearInterval(holding);
      await settled(id);
      if ((await records.get(LOCKS, id, now())) === holder) await records.delete(LOCKS, id);
    },
  };
}
