import { isUnreached } from '../proxy/failure.ts';
import { createReplicas, type Replicas } from './replicas.ts';

/**
 * A `fetch` that goes to the replicas of a service in turns when it is asked for the first one's address, and on to the
 * next where one cannot be reached: nothing has been sent then, so any request may be repeated.
 */
export function fetchFromReplicas(
  fetch: typeof globalThis.fetch,
  lists: readonly (readonly string[])[],
  now: () => number,
): typeof globalThis.fetch {
  const known = lists
    .filter((urls) => urls.length > 1)
    .map((urls): [string, Replicas<string>] => [urls[0] ?? '', createReplicas(urls, now)]);
  if (known.length === 0) return fetch;

  return async (input, init) => {
    const url = String(input);
    const [first, replicas] = known.find(([prefix]) => url.startsWith(`${prefix}/`)) ?? [];
    if (first === undefined || replicas === undefined) return fetch(input, init);
    let failure: unknown;
    for (let tries = 0; tries < replicas.all.length; tries += 1) {
      const replica = replicas.next();
      if ('waitMs' in replica) break;
      try {
        const response = await fetch(replica.subject + url.slice(first.length), init);
        replica.breaker.succeeded();
        return response;
      } catch (error) {
        replica.breaker.failed();
        failure = error;
        if (!isUnreached((error as Error).cause ?? error)) throw error;
      }
    }
    throw failure ?? new Error('no replica answers');
  };
}
