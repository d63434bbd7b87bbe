import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { fetch } from 'undici';
import { type Upstreams, type UpstreamUrls, upstreamNames } from './pools.ts';

/** Largest JSON that the gateway reads from a service for itself, in bytes. */
export const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** A `fetch` for what the gateway asks the services for itself: over the connections, and with the retries, of the proxy. */
export function createServiceFetch(urls: UpstreamUrls, upstreams: Upstreams): Fetch {
  return (url, init) => {
    const name = upstreamNames.find((candidate) => url.startsWith(`${urls[candidate]}/`));
    if (name === undefined) return Promise.reject(new Error('not the address of a service'));
    return fetch(url, { ...init, dispatcher: upstreams.dispatchers[name] });
  };
}
