import { connectionOptions, hopByHopHeaders } from './request-headers.ts';

/** Not passed on from services: what the gateway says itself, and what only tells an attacker where to look. */
const droppedHeaders: ReadonlySet<string> = new Set([
  'x-request-id',
  'server',
  'x-powered-by',
  'set-cookie',
  // Cookies are for the site's own pages, whatever a service says.
  'access-control-allow-credentials',
]);

/** As undici gives them, names in lower case. */
export type ServiceHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The headers of a service's response that go on to the client, names and values in turns.
 * Set-Cookie is not among them: the only cookies on a site's origin are the gateway's.
 */
export function passResponseHeaders(headers: ServiceHeaders): string[] {
  const passed: string[] = [];
  const { connection } = headers;
  const named = connection === undefined ? undefined : connectionOptions(String(connection));
  for (const name in headers) {
    if (hopByHopHeaders.has(name) || droppedHeaders.has(name) || named?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') passed.push(name, name === 'vary' ? varyBySession(value) : value);
    else for (const one of value ?? []) passed.push(name, name === 'vary' ? varyBySession(one) : one);
  }
  return passed;
}

/** What depends on `Authorization` depends on the session's cookie here, which stands for it. */
function varyBySession(vary: string): string {
  return /(?:^|[, \t])authorization(?:$|[, \t])/i.test(vary) ? `${vary}, cookie` : vary;
}
