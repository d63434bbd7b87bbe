import type { State } from '@gaia/state/state';
import { createLoginThrottle, type LoginThrottle, noThrottle } from './login-throttle.ts';
import { createRequestThrottle, noRequestThrottle, type RequestThrottle } from './mail-throttle.ts';

export interface Throttles {
  readonly login: LoginThrottle;
  /** Of the requests for one kind of mail. */
  mailOf(purpose: 'email' | 'forgot' | 'register' | 'invite'): RequestThrottle;
}

/** None slows anybody down for `RATE_LIMIT=off`. */
export function createThrottles(options: {
  readonly enabled: boolean;
  readonly state: State;
  now(): number;
}): Throttles {
  const { enabled, state, now } = options;
  if (!enabled) return { login: noThrottle, mailOf: () => noRequestThrottle };
  return {
    login: createLoginThrottle({ state, now }),
    mailOf: (purpose) => createRequestThrottle({ counters: state.counters, purpose, now }),
  };
}
