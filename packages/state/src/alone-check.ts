import type { State } from './state.ts';

/** Has the shape of a health check of a service. */
export interface AloneCheck {
  readonly name: 'state';
  readonly critical: false;
  check(): { readonly status: 'degraded'; readonly detail: Readonly<Record<string, unknown>> };
}

/**
 * What a service that has opened its state for itself says of it: nothing where the state is shared. Without Redis a
 * process that is on its own hears of no logout, which is warned of here once and stays to be seen in `/ready`.
 */
export function aloneChecks(state: Pick<State, 'kind'>, log: { warn(message: string): void }): readonly AloneCheck[] {
  if (state.kind !== 'memory') return [];
  log.warn('REDIS_URL is not set: revocations that other processes make are not seen here');
  const cause = 'revocations of other processes are not seen';
  return [{ name: 'state', critical: false, check: () => ({ status: 'degraded', detail: { cause } }) }];
}
