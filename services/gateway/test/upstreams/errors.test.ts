import { describe, expect, it } from 'vitest';
import { isBrokenConnection, isServiceFailure, isUnreached, upstreamProblem } from '../../src/proxy/failure.ts';

const failed = (code: string, syscall?: string) => Object.assign(new Error('failed'), { code, syscall });

describe('a failure', () => {
  it.each([
    // code, system call, nothing was sent, the service's, the connection's, what the caller is told
    ['ECONNREFUSED', 'connect', true, true, false, 'upstream_unavailable'],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, true, true, false, 'upstream_unavailable'],
    ['ETIMEDOUT', 'read', false, true, false, 'upstream_unavailable'],
    // The connection had ended when the request was about to be written: any request may be tried anew, and nobody failed.
    ['GAIA_NOT_SENT', undefined, true, false, false, 'upstream_unavailable'],
    ['ECONNRESET', undefined, false, true, true, 'upstream_unavailable'],
    ['UND_ERR_HEADERS_TIMEOUT', undefined, false, true, false, 'upstream_timeout'],
    ['GAIA_BROKEN_ANSWER', undefined, false, false, false, 'upstream_failed'],
  ] as const)('%s (%s)', (code, syscall, isUnsent, isServices, isConnections, told) => {
    const error = failed(code, syscall);
    expect(isUnreached(error)).toBe(isUnsent);
    expect(isServiceFailure(error)).toBe(isServices);
    expect(isBrokenConnection(error)).toBe(isConnections);
    expect(upstreamProblem(error, 'cms').code).toBe(told);
  });
});
