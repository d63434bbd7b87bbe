import { withTimeout } from '@gaia/promise-timeout';
import type { FeedEntry, FeedSnapshot, RevocationFeed } from '@gaia/state/state';
import type { GuardLog } from './guard-log.ts';
import { createRevocationSet } from './revocation-set.ts';
import type { RevocationCheck } from './verifier.ts';

export interface RevocationsOptions {
  readonly feed: Pick<RevocationFeed, 'snapshot' | 'head' | 'subscribe'>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** A number in [0, 1), for the jitter. */
  readonly random?: () => number;
  /** How often the feed's head is compared with ours, so that a lost push is noticed. 500 ms, and up to half more. */
  readonly pollMs?: number;
  /** Sessions, users and tokens that are held one by one. 1,000,000 (about 100 MB). */
  readonly maxRevocations?: number;
  /** Called once for each key that turns out to be revoked. */
  readonly onKeyRevoked?: (kid: string) => void;
  readonly log?: GuardLog | undefined;
}

export interface RevocationsStatus {
  /** Milliseconds since our view was last known to be the whole feed; undefined if it never was. */
  readonly ageMs: number | undefined;
  /** A revocation made now might not arrive: the feed does not answer, or pushes do not come. */
  readonly degraded: boolean;
  readonly connected: boolean;
  readonly lastError: string | undefined;
  /** Position in the feed up to which nothing is missing. */
  readonly sequence: number;
  readonly activeRevocations: number;
  readonly snapshots: number;
}

export interface Revocations extends RevocationCheck {
  /** Resolves when the first snapshot is taken or has failed; never rejects. */
  readonly ready: Promise<void>;
  status(): RevocationsStatus;
  close(): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 2_000;
const PRUNE_EVERY_MS = 30_000;

/**
 * Follows the revocation feed and holds its living revocations in memory: a snapshot, then pushes.
 * A push is only a hint that may be lost (Redis Pub/Sub promises nothing), so the head of the feed is compared
 * regularly, and every doubt (a gap, another epoch, a connection that came back) ends in a new snapshot.
 * While the feed cannot be reached, what is known stays in force.
 */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { feed, log } = options;
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const pollMs = options.pollMs ?? 500;
  if (!(pollMs > 0)) throw new RangeError('pollMs must be greater than 0');
  const activeRevocations = createRevocationSet(options.maxRevocations ?? 1_000_000, now);

  let epoch: string | undefined;
  let sequence = 0;
  let confirmedAt: number | undefined;
  let connected = false;
  let lastError: string | undefined;
  let snapshots = 0;
  let prunedAt = now();
  let unsubscribe: (() => Promise<void>) | undefined;
  let taking: Promise<void> | undefined;
  let takeAgain = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** Concurrent wishes share one snapshot, but a wish that came after it was asked for gets another. */
  function takeSnapshot(): Promise<void> {
    if (taking !== undefined) {
      takeAgain = true;
      return taking;
    }
    taking = snapshotsUntilSettled().finally(() => {
      taking = undefined;
    });
    return taking;
  }

  async function snapshotsUntilSettled(): Promise<void> {
    do {
      takeAgain = false;
      await asked(async (askedAt) => adopt(await feed.snapshot(askedAt), askedAt));
    } while (takeAgain);
  }

  function adopt(snapshot: FeedSnapshot, askedAt: number): void {
    if (epoch !== undefined && epoch !== snapshot.epoch) {
      log?.warn(
        { activeRevocations: activeRevocations.size() },
        'the revocation feed has lost its memory; what is known here stays in force',
      );
    }
    for (const entry of snapshot.entries) learn(entry);
    ({ epoch, sequence } = snapshot);
    confirmedAt = askedAt;
    snapshots += 1;
  }

  function learn(entry: FeedEntry): void {
    const { revocation } = entry;
    const isNewKey = revocation.kind === 'kid' && !activeRevocations.hasKey(revocation.id);
    activeRevocations.add(entry);
    if (isNewKey) options.onKeyRevoked?.(revocation.id);
  }

  /** An entry counts as soon as it arrives, whatever may be missing before it. */
  function onEntry(entryEpoch: string, entry: FeedEntry): void {
    learn(entry);
    if (entryEpoch === epoch && entry.sequence === sequence + 1) sequence = entry.sequence;
    else if (entryEpoch !== epoch || entry.sequence > sequence) void takeSnapshot();
  }

  function onConnection(up: boolean): void {
    if (connected !== up) log?.info({ up }, 'the push channel of the revocation feed');
    connected = up;
    if (up) void takeSnapshot();
  }

  async function compareHeads(): Promise<void> {
    await asked(async (askedAt) => {
      const head = await feed.head();
      if (head.epoch === epoch && head.sequence === sequence) confirmedAt = askedAt;
      else void takeSnapshot();
    });
  }

  /** Runs one question to the feed, bounded in time; its failure is remembered, never thrown. */
  async function asked(question: (askedAt: number) => Promise<void>): Promise<void> {
    try {
      await withTimeout(question(now()), ANSWER_TIMEOUT_MS);
      if (lastError !== undefined) log?.info({}, 'the revocation feed answers again');
      lastError = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
      if (lastError === undefined)
        log?.warn({ reason }, 'the revocation feed does not answer; what is known stays in force');
      lastError = reason;
    }
  }

  async function poll(): Promise<void> {
    if (unsubscribe === undefined) await subscribe();
    await compareHeads();
    const at = now();
    if (Math.abs(at - prunedAt) < PRUNE_EVERY_MS) return;
    prunedAt = at;
    activeRevocations.prune(at);
  }

  async function subscribe(): Promise<void> {
    await asked(async () => {
      unsubscribe = await feed.subscribe({ onEntry, onConnection });
      if (closed) await unsubscribe();
    });
  }

  function schedule(): void {
    if (closed) return;
    timer = setTimeout(() => void poll().finally(schedule), pollMs * (1 + random() / 2));
    timer.unref();
  }

  async function start(): Promise<void> {
    await subscribe();
    // A push channel that came up at once has asked for the snapshot already.
    await (taking ?? (confirmedAt === undefined ? takeSnapshot() : undefined));
    schedule();
  }

  const ageMs = () => (confirmedAt === undefined ? undefined : Math.max(0, now() - confirmedAt));

  return {
    ready: start(),
    reasonToRefuse: activeRevocations.reasonToRefuse,
    status: () => ({
      ageMs: ageMs(),
      degraded: lastError !== undefined || !connected || confirmedAt === undefined,
      connected,
      lastError,
      sequence,
      activeRevocations: activeRevocations.size(),
      snapshots,
    }),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await unsubscribe?.().catch(() => undefined);
    },
  };
}
