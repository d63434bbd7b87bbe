import { fetch as undiciFetch } from 'undici';
import { type Upstreams, type UpstreamUrls, upstreamNames } from './pools.ts';

/** A `fetch` for what the gateway asks the services for itself: over the connections, and with the retries, of the proxy. */
export function createServiceFetch(urls: UpstreamUrls, upstreams: Upstreams): typeof globalThis.fetch {
  const fetch = undiciFetch as unknown as typeof globalThis.fetch;
  return (input, init) => {
    const url = String(input);
    const name = upstreamNames.find((candidate) => url.startsWith(`${urls[candidate]}/`));
    if (name === undefined) return Promise.reject(new Error('not the address of a service'));
    const options: object = { ...init, dispatcher: upstreams.dispatchers[name] };
    return fetch(url, options);
  };
}
