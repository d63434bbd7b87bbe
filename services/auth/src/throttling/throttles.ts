import type { State } from '@gaia/state/state';
import { createLoginThrottle, type LoginThrottle, noLoginThrottle } from './login-throttle.ts';
import { createMailThrottle, type MailThrottle, noMailThrottle } from './mail-throttle.ts';

export interface Throttles {
  readonly login: LoginThrottle;
  /** Of the requests for one kind of mail. */
  mailOf(purpose: 'email' | 'forgot' | 'register' | 'invite'): MailThrottle;
}

/** No throttling with `RATE_LIMIT=off`. */
export function createThrottles(options: {
  readonly enabled: boolean;
  readonly state: State;
  now(): number;
}): Throttles {
  const { enabled, state, now } = options;
  if (!enabled) return { login: noLoginThrottle, mailOf: () => noMailThrottle };
  return {
    login: createLoginThrottle({ state, now }),
    mailOf: (purpose) => createMailThrottle({ counters: state.counters, purpose, now }),
  };
}
