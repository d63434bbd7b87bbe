import type { CounterStore } from '@gaia/state/state';

export type RateClass = 'default' | 'login';

export interface RateLimiterOptions {
  readonly counters: Pick<CounterStore, 'add'>;
  readonly now: () => number;
  /** Requests a window, by class. */
  readonly limits: Readonly<Record<RateClass, number>>;
  /** Told once when the shared counters stop answering. */
  readonly onFallback?: (error: unknown) => void;
}

interface RateDecision {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends, at least 1. */
  readonly resetSeconds: number;
}

export interface RateLimiter {
  /** Counts one request of an address. Never rejects: without the shared counters each replica counts for itself. */
  take(rateClass: RateClass, address: string): Promise<RateDecision>;
}

export const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1_000;
const PAUSE_MS = 1_000;
const LOCAL_CAPACITY = 50_000;

/** Requests a minute by class and address, counted in the shared state. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { counters, now, limits } = options;
  const local = new Map<string, { value: number; endsAt: number }>();
  let pausedUntil = 0;

  function countHere(key: string, at: number): { value: number; endsAt: number } {
    let counter = local.get(key);
    if (counter === undefined || counter.endsAt <= at) {
      local.delete(key);
      if (local.size >= LOCAL_CAPACITY) local.delete(local.keys().next().value as string);
      counter = { value: 0, endsAt: at + WINDOW_MS };
      local.set(key, counter);
    }
    counter.value += 1;
    return counter;
  }

  async function count(key: string, at: number): Promise<{ readonly value: number; readonly endsAt: number }> {
    // After a failure nobody waits for the backend again for a second.
    if (at < pausedUntil) return countHere(key, at);
    try {
      const counter = await counters.add(key, 1, WINDOW_MS, at);
      pausedUntil = 0;
      return counter;
    } catch (error) {
      if (pausedUntil === 0) options.onFallback?.(error);
      pausedUntil = now() + PAUSE_MS;
      return countHere(key, at);
    }
  }

  return {
    async take(rateClass, address) {
      const at = now();
      const limit = limits[rateClass];
      const { value, endsAt } = await count(`gateway-rate:${rateClass}:${networkOf(address)}`, at);
      return {
        allowed: value <= limit,
        limit,
        remaining: Math.max(0, limit - value),
        resetSeconds: Math.max(1, Math.ceil((endsAt - at) / 1_000)),
      };
    },
  };
}

/** An IPv6 caller commands a whole /64 and would otherwise have as many counters as it likes. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::', 2);
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const groups = [...front, ...zeros, ...back].slice(0, 4);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
