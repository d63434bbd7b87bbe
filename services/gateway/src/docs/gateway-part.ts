import type { Operation } from '@gaia/http-service/openapi/document';
import { addProblems, describeProblems } from '@gaia/http-service/openapi/problem-responses';
import { problem } from '../errors.ts';
import { type ProxyRoute, takesSession } from '../proxy/route-table.ts';
import { safeMethods, sessionSecurity } from '../sessions/session-security.ts';

const statusOf = (code: Parameters<typeof problem>[0]) => problem(code).statusCode;

/** Adds to an operation what the gateway does with it: counts it, accepts a session in place of a token, leads it on. */
export function addGatewayPart(operation: Operation, method: string, route: ProxyRoute | undefined): void {
  addProblems(operation, ['rate_limited'], statusOf);
  if (route !== undefined) {
    addProblems(operation, ['upstream_failed', 'upstream_unavailable', 'upstream_timeout'], statusOf);
    const security = operation.security ?? [];
    if (takesSession(route) && security.some((scheme) => 'bearer' in scheme)) {
      operation.security = [
        { bearer: [] },
        sessionSecurity(method),
        ...security.filter((scheme) => !('bearer' in scheme)),
      ];
      if (!safeMethods.has(method)) {
        addProblems(operation, ['csrf_token_missing', 'csrf_token_invalid', 'cross_site_refused'], statusOf);
      }
    }
  }
  describeProblems(operation);
}
