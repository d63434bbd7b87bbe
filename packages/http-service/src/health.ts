import { TimeoutError, withTimeout } from '@gaia/promise-timeout';
import type { FastifyInstance } from 'fastify';

export interface CheckResult {
  readonly status: 'ok' | 'degraded' | 'down';
  /** What an operator should know, such as an age in seconds. Never a secret, an address or a query. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface HealthCheck {
  readonly name: string;
  /** A service without a critical part is not ready; without another it is degraded. */
  readonly critical: boolean;
  check(): Promise<CheckResult> | CheckResult;
}

export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

const CHECK_TIMEOUT_MS = 1_500;

/** Runs all checks side by side, each bounded in time; a check that throws or hangs is `down`. */
export async function readiness(checks: readonly HealthCheck[]): Promise<Readiness> {
  const results = await Promise.all(checks.map(async (check) => [check, await bounded(check)] as const));
  const down = results.some(([check, result]) => check.critical && result.status === 'down');
  const degraded = results.some(([, result]) => result.status !== 'ok');
  return {
    status: down ? 'unavailable' : degraded ? 'degraded' : 'ready',
    checks: Object.fromEntries(results.map(([check, result]) => [check.name, result])),
  };
}

/**
 * `GET /live`: the process answers. `GET /ready`: 200 when it can work (perhaps degraded, which it says), else 503; also
 * 503 when it is about to end. Neither is logged when all is well: they are asked for all the time.
 */
export function registerHealth(app: FastifyInstance, checks: readonly HealthCheck[]): void {
  app.get('/live', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'live' };
  });
  app.get('/ready', { schema: { hide: true }, logLevel: 'warn' }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    if (app.shutdown.isDraining()) {
      reply.code(503);
      return { status: 'ending' };
    }
    const result = await readiness(checks);
    if (result.status === 'unavailable') reply.code(503).header('retry-after', '1');
    return result;
  });
}

async function bounded(check: HealthCheck): Promise<CheckResult> {
  try {
    return await withTimeout(check.check(), CHECK_TIMEOUT_MS);
  } catch (error) {
    return { status: 'down', detail: { cause: error instanceof TimeoutError ? 'timeout' : 'unreachable' } };
  }
}
