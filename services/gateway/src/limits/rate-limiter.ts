import type { CounterStore } from '@gaia/state/state';
import { LRUCache } from 'lru-cache';

/** What requests are counted as: reading, changing, uploading, and whatever tries or makes credentials. */
export type RateClass = 'read' | 'write' | 'upload' | 'login';

export interface RateLimiterOptions {
  readonly counters: Pick<CounterStore, 'add'>;
  readonly now: () => number;
  /** Requests a window, by class. */
  readonly limits: Readonly<Record<RateClass, number>>;
  /** Told once when the shared counters stop answering. */
  readonly onFallback?: (error: unknown) => void;
}

export interface RateDecision {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

export interface RateLimiter {
  /**
   * Counts one request of `who`: a caller by address, or a user. A promise only where the shared counters have to be
   * asked. Never rejects: without them each replica counts for itself.
   */
  take(rateClass: RateClass, who: string): RateDecision | Promise<RateDecision>;
}

export const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1_000;
const PAUSE_MS = 1_000;
const CAPACITY = 50_000;

/**
 * A replica takes requests from the shared counter in slices of a hundredth of the limit (of one, where the limit is
 * small), and counts them off by itself. So no replica lets through more than is left, and a caller whose requests come
 * through several is refused earlier by less than a slice for each of the others.
 */
const SLICES = 100;
const LARGEST_SLICE = 100;

/** What this replica holds of one counter. */
interface Account {
  /** Requests that have been taken from the shared counter and not been used. */
  left: number;
  /** The shared counter when it was asked last. */
  value: number;
  endsAt: number;
  /** Counted by this replica alone; after this time the shared counter is asked again. */
  aloneUntil: number | undefined;
  asking: Promise<void> | undefined;
}

/** Requests a minute by class and caller, counted in the shared state. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { counters, now, limits } = options;
  const accounts = new LRUCache<string, Account>({ max: CAPACITY });
  let pausedUntil = 0;

  function open(key: string): Account {
    const account: Account = { left: 0, value: 0, endsAt: 0, aloneUntil: undefined, asking: undefined };
    accounts.set(key, account);
    return account;
  }

  async function ask(key: string, account: Account, limit: number): Promise<void> {
    const at = now();
    // After a failure nobody waits for the backend again for a second.
    if (at < pausedUntil) return countAlone(account, at, limit);
    const slice = Math.min(LARGEST_SLICE, Math.max(1, Math.floor(limit / SLICES)));
    try {
      const { value, endsAt } = await counters.add(key, slice, WINDOW_MS, at);
      pausedUntil = 0;
      const over = Math.max(0, value - limit);
      Object.assign(account, { left: Math.max(0, slice - over), value, endsAt, aloneUntil: undefined });
    } catch (error) {
      if (pausedUntil === 0) options.onFallback?.(error);
      pausedUntil = now() + PAUSE_MS;
      countAlone(account, at, limit);
    }
  }

  function countAlone(account: Account, at: number, limit: number): void {
    account.aloneUntil = Math.max(pausedUntil, at + 1);
    // What was left of the window before stays; nobody gets a new one by an outage.
    if (at >= account.endsAt) Object.assign(account, { left: limit, value: limit, endsAt: at + WINDOW_MS });
    else if (account.value < limit)
      Object.assign(account, { left: account.left + limit - account.value, value: limit });
  }

  /** Undefined where the shared counter has to be asked first. */
  function decide(account: Account, at: number, limit: number): RateDecision | undefined {
    if (at >= account.endsAt) return undefined;
    if (account.aloneUntil !== undefined && at >= account.aloneUntil) return undefined;
    const allowed = account.left > 0;
    if (!allowed && account.value < limit) return undefined;
    if (allowed) account.left -= 1;
    return {
      allowed,
      limit,
      remaining: Math.max(0, limit - account.value) + account.left,
      resetSeconds: Math.max(1, Math.ceil((account.endsAt - at) / 1_000)),
    };
  }

  async function settle(key: string, account: Account, limit: number): Promise<RateDecision> {
    for (;;) {
      account.asking ??= ask(key, account, limit).finally(() => {
        account.asking = undefined;
      });
      await account.asking;
      const decision = decide(account, now(), limit);
      if (decision !== undefined) return decision;
    }
  }

  return {
    take(rateClass, who) {
      const key = `gateway-rate:${rateClass}:${who}`;
      const limit = limits[rateClass];
      const account = accounts.get(key) ?? open(key);
      return decide(account, now(), limit) ?? settle(key, account, limit);
    },
  };
}
