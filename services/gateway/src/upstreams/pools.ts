import { type Dispatcher, Pool } from 'undici';
import { patientConnector } from './patient-connector.ts';
import { createReplicas, type Replicas } from './replicas.ts';

export type UpstreamName = 'auth' | 'cms' | 'assets' | 'search';

export const upstreamNames: readonly UpstreamName[] = Object.freeze(['auth', 'cms', 'assets', 'search']);

/** One address of each service, for what the gateway asks for itself. */
export type UpstreamUrls = Readonly<Record<UpstreamName, string>>;

export interface PoolOptions {
  /** To one replica. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly now: () => number;
}

export interface Upstreams {
  readonly replicas: Readonly<Record<UpstreamName, Replicas<Dispatcher>>>;
  /** Ends all connections; open answers are cut off. */
  close(): Promise<void>;
}

/** One connection pool for each replica of each service. */
export function openUpstreams(
  urls: Readonly<Record<UpstreamName, readonly string[]>>,
  options: PoolOptions,
): Upstreams {
  const pools: Pool[] = [];
  const open = (url: string): Dispatcher => {
    const pool = new Pool(new URL(url).origin, {
      connections: options.connections,
      pipelining: 1,
      connect: patientConnector({ timeoutMs: options.connectTimeoutMs }),
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 32_768,
    });
    pools.push(pool);
    return pool;
  };
  const openAll = (name: UpstreamName) => createReplicas(urls[name].map(open), options.now);
  return {
    replicas: { auth: openAll('auth'), cms: openAll('cms'), assets: openAll('assets'), search: openAll('search') },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
    },
  };
}
