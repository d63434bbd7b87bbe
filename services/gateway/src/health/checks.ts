import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
import type { CheckResult, HealthCheck } from '@gaia/http-service/health';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import { type UpstreamUrls, upstreamNames } from '../upstreams/pools.ts';
import { MAX_JSON_BYTES } from '../upstreams/service-fetch.ts';

export interface ChecksOptions {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly urls: UpstreamUrls;
  readonly state: Pick<State, 'kind' | 'ping'>;
  readonly revocations: Pick<Revocations, 'status'>;
}

const TIMEOUT_MS = 1_200;
/** Asking the gateway often must not ask every service often. */
const KEPT_MS = 1_000;

/**
 * What `/ready` sums up: every service's own readiness, the state backend and the revocation feed. None is critical: with
 * one service away the gateway still leads to the others, so it is degraded and says so.
 */
export function createChecks(options: ChecksOptions): HealthCheck[] {
  const services = upstreamNames.map((name) => ({
    name,
    critical: false,
    check: kept(() => askService(options.fetch, options.urls[name]), options.now),
  }));
  return [
    ...services,
    {
      name: 'state',
      critical: false,
      check: kept(async (): Promise<CheckResult> => {
        await options.state.ping();
        return { status: 'ok', detail: { kind: options.state.kind } };
      }, options.now),
    },
    {
      name: 'revocations',
      critical: false,
      check: () => {
        const { degraded, ageMs, connected } = options.revocations.status();
        return { status: degraded ? 'degraded' : 'ok', detail: { connected, age_ms: ageMs ?? null } };
      },
    },
  ];
}

async function askService(fetch: Fetch, url: string): Promise<CheckResult> {
  const { status, body } = await fetchJson(`${url}/ready`, { fetch, timeoutMs: TIMEOUT_MS, maxBytes: MAX_JSON_BYTES });
  const answer = (body ?? {}) as { status?: unknown; checks?: unknown };
  if (status === 200 && answer.status === 'ready') return { status: 'ok' };
  const detail = typeof answer.checks === 'object' && answer.checks !== null ? { checks: answer.checks } : {};
  return { status: status === 200 && answer.status === 'degraded' ? 'degraded' : 'down', detail };
}

function kept(check: () => Promise<CheckResult>, now: () => number): () => Promise<CheckResult> {
  let result: Promise<CheckResult> | undefined;
  let until = 0;
  return () => {
    if (result === undefined || now() >= until) {
      result = check();
      until = now() + KEPT_MS;
    }
    return result;
  };
}
