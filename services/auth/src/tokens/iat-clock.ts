import type { Revocation, RevocationFeed } from '@gaia/state/state';

/**
 * The `iat` of access tokens. It counts whole seconds, so a revocation "nothing issued before T" names the second after the
 * change that caused it: everything issued up to the change lies below. Whoever asks for a token in what is left of that
 * second waits for its end; a later `iat` than the time would do as well, but strict verifiers refuse the future.
 */
export interface IatClock {
  /**
   * Seconds. To be asked **before** the user's rights are read: a token with rights from before a change then always
   * carries an `iat` below the revocation, however long after it is signed.
   */
  next(subject: string): Promise<number>;
  /** Takes a revocation of this process at once; the feed brings it to the others, and a moment later here again. */
  learn(revocation: Revocation): void;
  close(): Promise<void>;
}

export interface IatClockOptions {
  readonly revocations: Pick<RevocationFeed, 'snapshot' | 'subscribe'>;
  readonly log: { warn(details: object, message: string): void };
  now(): number;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
}

const PRUNE_ABOVE = 1_000;
/** Longest wait in milliseconds; a replica whose clock is far behind must not make everybody wait. */
const MAX_WAIT_MS = 2_000;

/** Follows the feed, so that every replica knows the revocations that all of them make. */
export async function openIatClock(options: IatClockOptions): Promise<IatClock> {
  const { revocations, log, now, sleep } = options;
  const bySubject = new Map<string, number>();
  let forAll = 0;

  const seconds = () => Math.floor(now() / 1_000);
  const earliest = (subject: string) => Math.max(forAll, bySubject.get(subject) ?? 0);

  /** Revocations of the past change nothing; a minute is left for clocks that differ. */
  function prune(): void {
    const past = seconds() - 60;
    for (const [subject, notBefore] of bySubject) if (notBefore < past) bySubject.delete(subject);
  }

  function learn(revocation: Revocation): void {
    if (revocation.kind === 'all') forAll = Math.max(forAll, revocation.notBefore);
    if (revocation.kind !== 'sub') return;
    if (bySubject.size >= PRUNE_ABOVE) prune();
    bySubject.set(revocation.id, Math.max(bySubject.get(revocation.id) ?? 0, revocation.notBefore));
  }

  /** A failure is followed by the next connection; until then the clock alone decides, which never revives a token. */
  async function learnAll(): Promise<void> {
    try {
      const { entries } = await revocations.snapshot(now());
      for (const { revocation } of entries) learn(revocation);
    } catch (error) {
      log.warn({ err: error }, 'the revocations could not be read');
    }
  }

  const stop = await revocations.subscribe({
    onEntry: (_epoch, entry) => learn(entry.revocation),
    onConnection: (up) => {
      if (up) void learnAll();
    },
  });
  await learnAll();

  return {
    next: async (subject) => {
      const wait = earliest(subject) * 1_000 - now();
      if (wait > 0) await sleep(Math.min(wait, MAX_WAIT_MS));
      return Math.max(seconds(), earliest(subject));
    },
    learn,
    close: stop,
  };
}
