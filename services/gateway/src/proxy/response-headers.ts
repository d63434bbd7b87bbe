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

/**
 * The headers of a service's answer (names in lower case, and values, in turns) that go on to the client.
 * Set-Cookie is not among them: the only cookies on a site's origin are the gateway's.
 */
export function passResponseHeaders(headers: readonly string[]): string[] {
  const passed: string[] = [];
  let named: Set<string> | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name === 'connection') named = connectionOptions(headers[index + 1] as string, named);
    if (hopByHopHeaders.has(name) || droppedHeaders.has(name)) continue;
    const value = headers[index + 1] as string;
    passed.push(name, name === 'vary' ? varyBySession(value) : value);
  }
  if (named === undefined) return passed;
  return passed.filter((_, index) => !named.has(passed[index - (index % 2)] as string));
}

/** What depends on `Authorization` depends on the session's cookie here, which stands for it. */
function varyBySession(vary: string): string {
  return /(?:^|[, \t])authorization(?:$|[, \t])/i.test(vary) ? `${vary}, cookie` : vary;
}
