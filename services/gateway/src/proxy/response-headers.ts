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
 * The headers of a response for the client, names and values in turns: the service's, and the gateway's `own`, which
 * replace the service's of the same name. The only cookies on a site's origin are the gateway's.
 */
export function responseHeaders(headers: ServiceHeaders, own: readonly string[]): string[] {
  const all: string[] = [];
  const { connection } = headers;
  const named = connection === undefined ? undefined : connectionOptions(String(connection));
  for (const name in headers) {
    if (hopByHopHeaders.has(name) || droppedHeaders.has(name) || named?.has(name)) continue;
    // What a response depends on adds up.
    if (name !== 'vary' && hasName(own, name)) continue;
    const value = headers[name];
    if (typeof value === 'string') all.push(name, name === 'vary' ? varyBySession(value) : value);
    else for (const one of value ?? []) all.push(name, name === 'vary' ? varyBySession(one) : one);
  }
  for (const part of own) all.push(part);
  return all;
}

function hasName(list: readonly string[], name: string): boolean {
  for (let index = 0; index < list.length; index += 2) if (list[index] === name) return true;
  return false;
}

/** What depends on `Authorization` depends on the session's cookie here, which stands for it. */
function varyBySession(vary: string): string {
  return /(?:^|[, \t])authorization(?:$|[, \t])/i.test(vary) ? `${vary}, cookie` : vary;
}
