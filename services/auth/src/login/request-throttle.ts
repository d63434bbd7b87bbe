import { networkOf } from '@gaia/http-service/client-network';
import type { CounterStore } from '@gaia/state/state';
import { digestOf, rateLimited } from './throttle.ts';

/** Bounds requests that make us send mail: registrations, forgotten passwords, invitations. */
export interface RequestThrottle {
  /**
   * Counts a request from an address. Throws rate_limited with Retry-After beyond its bound. False where the mailbox has
   * had its share: the caller then sends nothing and answers as ever, so that nobody can fill somebody's mailbox, nor
   * keep the owner from asking.
   */
  allows(mailbox: string, address: string): Promise<boolean>;
}

const WINDOW_MS = 3_600_000;
const PER_ADDRESS = 30;
const PER_MAILBOX = 5;

export function createRequestThrottle(options: {
  readonly counters: CounterStore;
  readonly purpose: string;
  now(): number;
}): RequestThrottle {
  const { counters, purpose, now } = options;
  return {
    allows: async (mailbox, address) => {
      const at = now();
      const from = await counters.add(`${purpose}:address:${networkOf(address)}`, 1, WINDOW_MS, at);
      if (from.value > PER_ADDRESS) throw rateLimited(from.endsAt - at);
      const to = await counters.add(`${purpose}:mailbox:${digestOf(mailbox)}`, 1, WINDOW_MS, at);
      return to.value <= PER_MAILBOX;
    },
  };
}

/** For `RATE_LIMIT=off`. */
export const noRequestThrottle: RequestThrottle = Object.freeze({ allows: async () => true });
