import { createHash } from 'node:crypto';
import { networkOf } from '@gaia/http-service/client-network';
import type { State } from '@gaia/state/state';
import { problem } from '../errors.ts';

export interface LoginThrottle {
  /**
   * Counts an attempt before the password is looked at. `account` is the user's id, wherever the password is asked for and
   * whatever name was given; the name itself where it is nobody's. Throws rate_limited with Retry-After.
   */
  attempt(account: string, address: string): Promise<void>;
  /** The attempt was the owner's: takes it back and forgives the mistakes before it. */
  succeeded(account: string, address: string): Promise<void>;
}

export interface LoginThrottleOptions {
  readonly state: Pick<State, 'counters' | 'records'>;
  now(): number;
}

const WINDOW_MS = 24 * 3_600_000;
/** Mistakes on one account from one address before each further one costs a delay. */
const PAIR_FREE = 5;
const PAIR_DELAY = { first: 2_000, longest: 15 * 60_000 };
/** The same from one address on whatever accounts; many people can share an address. */
const ADDRESS_FREE = 100;
const ADDRESS_DELAY = { first: 1_000, longest: 60_000 };
/**
 * So many mistakes on one account, from any address, take away one free mistake of every pair and double its delays: an attacker who
 * guesses from many addresses gets one guess from each. An address that has made no mistake is never delayed, so the
 * owner's right password always gets in from there.
 */
const ACCOUNT_STEP = 20;
const DELAYS = 'login-delay';

/**
 * Growing delays by account, address and pair. Attempts are counted before the password is checked, so that many at the
 * same time gain nothing; those that are refused here do not count, so that refusals never feed on themselves.
 */
export function createLoginThrottle({ state, now }: LoginThrottleOptions): LoginThrottle {
  const { counters, records } = state;

  /** Lets one attempt through per delay: the one that writes the record; the others wait for its end. */
  async function takeTurn(key: string, delayMs: number): Promise<void> {
    const at = now();
    const end = at + delayMs;
    if (await records.add(DELAYS, key, end, end, at)) return;
    const until = await records.get(DELAYS, key, at);
    throw rateLimited((typeof until === 'number' ? until : end) - at);
  }

  const add = (key: string, amount: number) => counters.add(`login:${key}`, amount, WINDOW_MS, now());

  async function slowDown(key: string, value: number, free: number, delay: { first: number; longest: number }) {
    if (value > free) await takeTurn(key, Math.min(delay.first * 2 ** Math.min(value - free - 1, 30), delay.longest));
  }

  return {
    attempt: async (account, address) => {
      const keys = keysOf(account, address);
      const [byAddress, byAccount, byPair] = await Promise.all([
        add(keys.address, 1),
        add(keys.account, 1),
        add(keys.pair, 1),
      ]);
      try {
        await slowDown(keys.address, byAddress.value, ADDRESS_FREE, ADDRESS_DELAY);
        const steps = Math.floor((byAccount.value - 1) / ACCOUNT_STEP);
        await slowDown(keys.pair, byPair.value, Math.max(1, PAIR_FREE - steps), {
          first: PAIR_DELAY.first * 2 ** Math.min(steps, 10),
          longest: PAIR_DELAY.longest,
        });
      } catch (error) {
        // An address that is slowed down leaves nothing behind under the names that it tries.
        await Promise.all(Object.values(keys).map((key) => add(key, -1)));
        throw error;
      }
    },
    succeeded: async (account, address) => {
      const keys = keysOf(account, address);
      await Promise.all([
        counters.reset(`login:${keys.pair}`),
        records.delete(DELAYS, keys.pair),
        add(keys.address, -1),
        add(keys.account, -1),
      ]);
    },
  };
}

function keysOf(account: string, address: string) {
  const network = networkOf(address);
  const digest = digestOf(account);
  return { account: `account:${digest}`, address: `address:${network}`, pair: `pair:${digest}:${network}` };
}

/** For `RATE_LIMIT=off`. */
export const noLoginThrottle: LoginThrottle = Object.freeze({ attempt: async () => {}, succeeded: async () => {} });

export function rateLimited(remainingMs: number) {
  const seconds = Math.max(1, Math.ceil(remainingMs / 1_000));
  return problem('rate_limited', { headers: { 'retry-after': String(seconds) } });
}

/** The name comes from outside and may be anything: its digest has a bounded length and shows nothing. */
export function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 22);
}
