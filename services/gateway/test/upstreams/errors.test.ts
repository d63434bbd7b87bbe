import { describe, expect, it } from 'vitest';
import { upstreamProblem } from '../../src/proxy/upstream-problem.ts';
import { isBrokenConnection, isConnectFailure, isServiceFailure } from '../../src/upstreams/errors.ts';

const failed = (code: string, syscall?: string) => Object.assign(new Error('failed'), { code, syscall });

describe('a failure', () => {
  it.each([
    // code, system call, nothing listens, the service's, the connection's, what the client is told
    ['ECONNREFUSED', 'connect', true, true, false, 'upstream_unavailable'],
    ['UND_ERR_CONNECT_TIMEOUT', undefined, true, true, false, 'upstream_unavailable'],
    ['ETIMEDOUT', 'read', false, true, false, 'upstream_unavailable'],
    ['ECONNRESET', undefined, false, true, true, 'upstream_unavailable'],
    ['UND_ERR_HEADERS_TIMEOUT', undefined, false, true, false, 'upstream_timeout'],
    ['HPE_INVALID_CONSTANT', undefined, false, false, false, 'upstream_failed'],
    ['UND_ERR_INVALID_ARG', undefined, false, false, false, 'upstream_failed'],
  ] as const)('%s (%s)', (code, syscall, isConnect, isServices, isConnections, told) => {
    const error = failed(code, syscall);
    expect(isConnectFailure(error)).toBe(isConnect);
    expect(isServiceFailure(error)).toBe(isServices);
    expect(isBrokenConnection(error)).toBe(isConnections);
    expect(upstreamProblem(error, 'cms').code).toBe(told);
  });
});
