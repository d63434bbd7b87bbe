import type { IncomingHttpHeaders } from 'node:http';
import type { ClientInfo } from '../client/client-info.ts';
import { problem } from '../errors.ts';

/**
 * Refuses requests that a page of another origin made a browser send (cross_site_refused). Sec-Fetch-Site `same-site`
 * is refused too: a sibling domain is another site of ours or not ours at all. Clients that are no browsers send neither
 * header and pass.
 */
export function requireSameOrigin(headers: IncomingHttpHeaders, client: ClientInfo): void {
  const { origin } = headers;
  if (origin !== undefined && origin.toLowerCase() !== client.origin) throw problem('cross_site_refused');
  const fetchSite = headers['sec-fetch-site'];
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none')
    throw problem('cross_site_refused');
}

/**
 * As requireSameOrigin, for WebSockets, where a browser always says who asks: a page of another site can open one with the
 * visitor's cookies and read all that it says.
 */
export function requireOriginOfUpgrade(headers: IncomingHttpHeaders, client: ClientInfo): void {
  if (headers.origin === undefined) throw problem('cross_site_refused');
  requireSameOrigin(headers, client);
}
