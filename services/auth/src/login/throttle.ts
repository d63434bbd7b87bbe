import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { CounterStore } from '@gaia/state/state';
import { problem } from '../errors.ts';

export interface LoginThrottle {
  /** Counts an attempt before anything is done for it. Throws rate_limited with Retry-After. */
  attempt(name: string, address: string): Promise<void>;
  /** The attempt was the owner's: takes it back and forgives the mistakes before it. */
  succeeded(name: string, address: string): Promise<void>;
}

export interface ThrottleOptions {
  readonly counters: CounterStore;
  now(): number;
}

const WINDOW_MS = 15 * 60_000;
/** Attempts on one account from one address in a window. From elsewhere its owner still gets in. */
const PER_ACCOUNT_AND_ADDRESS = 10;
/** Failed attempts from one address in a window, on whatever accounts. */
const PER_ADDRESS = 100;

/** Attempts are counted before the password is checked, so that many at the same time gain nothing. */
export function createLoginThrottle({ counters, now }: ThrottleOptions): LoginThrottle {
  async function count(key: string, limit: number): Promise<void> {
    const at = now();
    const { value, endsAt } = await counters.add(key, 1, WINDOW_MS, at);
    if (value > limit) throw rateLimited(endsAt - at);
  }

  return {
    attempt: async (name, address) => {
      await count(addressKey(address), PER_ADDRESS);
      await count(pairKey(name, address), PER_ACCOUNT_AND_ADDRESS);
    },
    succeeded: async (name, address) => {
      await counters.reset(pairKey(name, address));
      await counters.add(addressKey(address), -1, WINDOW_MS, now());
    },
  };
}

/** For `RATE_LIMIT=off`. */
export const noThrottle: LoginThrottle = Object.freeze({ attempt: async () => {}, succeeded: async () => {} });

function rateLimited(remainingMs: number) {
  const seconds = Math.max(1, Math.ceil(remainingMs / 1_000));
  return problem('rate_limited', { headers: { 'retry-after': String(seconds) } });
}

function addressKey(address: string): string {
  return `login:address:${networkOf(address)}`;
}

/** The name comes from outside and may be anything: its digest has a bounded length and shows nothing. */
function pairKey(name: string, address: string): string {
  const digest = createHash('sha256').update(name).digest('base64url').slice(0, 22);
  return `login:pair:${digest}:${networkOf(address)}`;
}

/** One customer has a whole IPv6 /64 (RFC 6177), so that network counts as one address. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head.split(':').filter((group) => group !== '');
  const right = tail?.split(':').filter((group) => group !== '') ?? [];
  const missing = Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(tail === undefined ? 0 : missing).fill('0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
