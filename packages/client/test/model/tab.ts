import { type Client, createClient } from '../../src/client.ts';
import type { SessionChange } from '../../src/session/session.ts';
import type { TokenStorage } from '../../src/session/storage.ts';
import type { Fate, Network } from './network.ts';
import type { World } from './world.ts';

/** What all tabs of a browser share. Each operation is atomic; how long a tab waits for its result is its own affair. */
export interface SharedStorage {
  text: string | null;
}

export interface Tab {
  readonly client: Client;
  readonly changes: SessionChange[];
  /** Nothing of the tab happens until then: no timer, no response, no result of the storage. */
  freeze(milliseconds: number): void;
  /** Sets its clock forward, or back. */
  jump(milliseconds: number): void;
}

export interface TabOptions {
  readonly world: World;
  readonly network: Network;
  readonly storage: SharedStorage;
  readonly skew: number;
  readonly random: () => number;
  nextFate(path: string): Fate;
  /** Whether the client forgets the key of its refreshes, to see that the model finds that. */
  readonly forgetsKeys?: boolean;
  /** Told of each refresh: sent, and answered with tokens. */
  onRefresh(event: 'sent' | 'answered', refreshToken: string): void;
}

let keys = 0;

export function createTab({
  world,
  network,
  storage,
  skew,
  random,
  nextFate,
  onRefresh,
  forgetsKeys,
}: TabOptions): Tab {
  let frozenUntil = 0;
  let offset = skew;
  const changes: SessionChange[] = [];

  /** Runs something of the tab, when it can. */
  function run(callback: () => void): void {
    const frozen = frozenUntil - world.now();
    if (frozen > 0) world.schedule(frozen, () => run(callback));
    else callback();
  }
  function later(milliseconds: number, callback: () => void): () => void {
    return world.schedule(milliseconds, () => run(callback));
  }
  /** Happens at once; the tab learns of it later. */
  function told<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => run(() => resolve(value)),
        (error) => run(() => reject(error)),
      );
    });
  }
  function operation<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => {
      later(1 + 3 * random(), () => {
        const result = work();
        later(1 + 3 * random(), () => resolve(result));
      });
    });
  }

  const tokenStorage: TokenStorage = {
    shared: true,
    read: () => operation(() => storage.text),
    replace: (expected, next) =>
      operation(() => {
        if (storage.text !== expected) return false;
        storage.text = next;
        return true;
      }),
  };

  const client = createClient({
    url: 'https://gaia.test',
    storage: tokenStorage,
    runtime: {
      now: () => world.now() + offset,
      random,
      randomKey: () => {
        keys += 1;
        return `key-${keys}`;
      },
      setTimeout: (callback, milliseconds) => later(milliseconds, callback),
      clearTimeout: (cancel) => (cancel as () => void)(),
      async fetch(url, { method = 'GET', headers, body, signal }) {
        const path = new URL(url).pathname;
        const json = typeof body === 'string' ? JSON.parse(body) : {};
        const { 'idempotency-key': key, ...others } = (headers ?? {}) as Record<string, string>;
        const sent = key === undefined || forgetsKeys ? others : { ...others, 'idempotency-key': key };
        const request = { method, path, headers: sent, json };
        const isRefresh = path === '/auth/refresh';
        if (isRefresh) onRefresh('sent', json.refresh_token);
        const response = await told(network.send(request, nextFate(path), signal));
        if (isRefresh && response.ok && signal?.aborted !== true) onRefresh('answered', json.refresh_token);
        return response;
      },
    },
  });
  client.auth.onChange((change) => changes.push(change));

  return {
    client,
    changes,
    freeze(milliseconds) {
      frozenUntil = Math.max(frozenUntil, world.now() + milliseconds);
    },
    jump(milliseconds) {
      offset += milliseconds;
    },
  };
}
