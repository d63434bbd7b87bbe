import type { State } from './state.ts';

export interface SingleProcessCheck {
  readonly name: 'state';
  readonly critical: false;
  check(): { readonly status: 'degraded'; readonly detail: Readonly<Record<string, unknown>> };
}

/**
 * A service with its own in-memory state does not get revocations of other processes: a warning in the log, and a degraded check
 * in `/ready`. Empty for shared state.
 */
export function singleProcessChecks(
  state: Pick<State, 'kind'>,
  log: { warn(message: string): void },
): readonly SingleProcessCheck[] {
  if (state.kind !== 'memory') return [];
  log.warn('REDIS_URL is not set: this process does not get revocations of other processes');
  const cause = 'no revocations of other processes';
  return [{ name: 'state', critical: false, check: () => ({ status: 'degraded', detail: { cause } }) }];
}
