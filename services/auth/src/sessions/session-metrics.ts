import { Problem } from '@gaia/http-service/problem';
import type { FamilyStore } from '@gaia/state/state';
import { Counter, type Registry } from 'prom-client';

type Work<A extends unknown[], R> = (...given: A) => Promise<R>;

export interface SessionMetrics {
  countLogins<A extends unknown[], R>(login: Work<A, R>): Work<A, R>;
  countRefusedRefreshes<A extends unknown[], R>(refresh: Work<A, R>): Work<A, R>;
  /** Counts refreshes that succeed, and tells a repetition within the grace from a new token. */
  countRotations(rotate: FamilyStore['rotate']): FamilyStore['rotate'];
}

/** `gaia_auth_logins_total` and `gaia_auth_refreshes_total`, by outcome. */
export function sessionMetrics(metrics: Registry): SessionMetrics {
  const registers = [metrics];
  const logins = new Counter({
    name: 'gaia_auth_logins_total',
    help: 'Logins with a password: ok, or the code of the refusal',
    labelNames: ['outcome'],
    registers,
  });
  const refreshes = new Counter({
    name: 'gaia_auth_refreshes_total',
    help: 'Refreshes: rotated, repeated within the grace, or why one was refused',
    labelNames: ['outcome'],
    registers,
  });
  return {
    countLogins:
      (login) =>
      async (...given) => {
        try {
          const tokens = await login(...given);
          logins.inc({ outcome: 'ok' });
          return tokens;
        } catch (error) {
          logins.inc({ outcome: outcomeOf(error) });
          throw error;
        }
      },
    countRefusedRefreshes:
      (refresh) =>
      async (...given) => {
        try {
          return await refresh(...given);
        } catch (error) {
          refreshes.inc({ outcome: outcomeOf(error) });
          throw error;
        }
      },
    countRotations: (rotate) => async (request) => {
      const rotation = await rotate(request);
      const { outcome } = rotation;
      if (outcome === 'rotated' || outcome === 'repeated') refreshes.inc({ outcome });
      return rotation;
    },
  };
}

/** The cause of a refusal where it has one (`reuse_detected`, `idle`), else its code. */
function outcomeOf(error: unknown): string {
  if (error instanceof Problem) {
    const { cause } = error.extensions;
    return typeof cause === 'string' ? cause : error.code;
  }
  const { code } = error as { code?: unknown };
  return code === 'state_unavailable' || code === 'database_unavailable' ? 'unavailable' : 'internal_error';
}
