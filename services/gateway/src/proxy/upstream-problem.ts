import { Problem } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';
import { isServiceFailure, isTimeout, NoReplicaAvailable } from '../upstreams/errors.ts';

/** A failure to get a response from a service as the problem that the client is told. */
export function upstreamProblem(error: unknown, upstream: string): Problem {
  if (error instanceof Problem) return error;
  const extensions = { service: upstream };
  if (isTimeout(error)) return problem('upstream_timeout', { extensions, cause: error });
  if (error instanceof NoReplicaAvailable) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
    return problem('upstream_unavailable', { extensions, headers: { 'retry-after': String(seconds) } });
  }
  if (isServiceFailure(error)) {
    return problem('upstream_unavailable', { extensions, headers: { 'retry-after': '1' }, cause: error });
  }
  return problem('upstream_failed', { extensions, cause: error });
}
