import { isUnreached } from '../proxy/failure.ts';
import { type Upstreams, type UpstreamUrls, upstreamNames } from './pools.ts';

/** Most replicas that one request is tried at. */
const MOST_TRIES = 4;

/**
 * A `fetch` that goes to the replicas of a service in turns when it is asked for the service's address, and on to the
 * next where one cannot be reached: nothing has been sent then, so any request may be repeated. It shares the proxy's
 * connections and what is known of the replicas' health. `fetch` must take undici's `dispatcher`, as Node's does.
 */
export function fetchFromServices(
  fetch: typeof globalThis.fetch,
  urls: UpstreamUrls,
  upstreams: Upstreams,
): typeof globalThis.fetch {
  return async (input, init) => {
    const url = String(input);
    const name = upstreamNames.find((candidate) => url.startsWith(`${urls[candidate]}/`));
    if (name === undefined) return fetch(input, init);
    const replicas = upstreams.replicas[name];
    let failure: unknown;
    for (let tries = 0; tries < MOST_TRIES; ) {
      const replica = replicas.next();
      if ('waitMs' in replica) {
        if (await replicas.recovery()) continue;
        break;
      }
      try {
        const from: object = { ...init, dispatcher: replica.subject };
        const response = await fetch(url, from);
        replica.succeeded();
        return response;
      } catch (error) {
        failure = error;
        // The caller's own deadline says nothing of the service that its health does not.
        if (init?.signal?.aborted) throw error;
        const cause = (error as Error).cause ?? error;
        replica.failed(cause);
        if (!isUnreached(cause)) throw error;
        tries += 1;
      }
    }
    throw failure ?? new Error(`no replica of ${name} answers`);
  };
}
