import { networkOf } from '@gaia/http-service/client-network';
import type { CounterStore } from '@gaia/state/state';
import { digestOf, rateLimited } from './login-throttle.ts';

export interface MailRequest {
  /** Key of the address, or id of the user, that the mail goes to. */
  readonly mailbox: string;
  /** Where the request comes from. */
  readonly address: string;
  /** What is asked for beside the purpose: a site, or the user that asks. Requests for one never use up another's turn. */
  readonly scope: string;
}

/** Bounds requests that make us send mail: registrations, forgotten passwords, invitations. */
export interface MailThrottle {
  /**
   * Counts a request. Throws rate_limited with Retry-After beyond the bound of its address. False where the mailbox has
   * just had a mail of the scope: the caller then sends nothing and answers as ever. However many others ask, one mail
   * of each scope gets through in every turn, so that nobody keeps the owner of a mailbox from getting a link.
   */
  allows(request: MailRequest): Promise<boolean>;
}

const WINDOW_MS = 3_600_000;
const PER_ADDRESS = 30;
/** From one address to one mailbox: what is beyond does not use up the mailbox's share. */
const PER_PAIR = 3;
const PER_MAILBOX = 5;
const TURN_MS = 600_000;

export function createMailThrottle(options: {
  readonly counters: CounterStore;
  readonly purpose: string;
  now(): number;
}): MailThrottle {
  const { counters, purpose, now } = options;
  const count = (key: string, windowMs: number) => counters.add(`${purpose}:${key}`, 1, windowMs, now());
  return {
    allows: async ({ mailbox, address, scope }) => {
      const network = networkOf(address);
      const to = digestOf(mailbox);
      const from = await count(`address:${network}`, WINDOW_MS);
      if (from.value > PER_ADDRESS) throw rateLimited(from.endsAt - now());
      const pair = await count(`pair:${to}:${network}`, WINDOW_MS);
      if (pair.value <= PER_PAIR && (await count(`mailbox:${to}`, WINDOW_MS)).value <= PER_MAILBOX) return true;
      return (await count(`turn:${to}:${digestOf(scope)}`, TURN_MS)).value === 1;
    },
  };
}

/** For a caller who is known and can be told. Throws rate_limited. */
export async function requireAllowed(throttle: MailThrottle, request: MailRequest): Promise<void> {
  if (!(await throttle.allows(request))) throw rateLimited(TURN_MS);
}

/** For `RATE_LIMIT=off`. */
export const noMailThrottle: MailThrottle = Object.freeze({ allows: async () => true });
