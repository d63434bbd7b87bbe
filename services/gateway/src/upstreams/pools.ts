import { Pool } from 'undici';
import { patientConnector } from './patient-connector.ts';

export type UpstreamName = 'auth' | 'cms' | 'assets' | 'search';

export const upstreamNames: readonly UpstreamName[] = Object.freeze(['auth', 'cms', 'assets', 'search']);

export type UpstreamUrls = Readonly<Record<UpstreamName, string>>;

export interface PoolOptions {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface Upstreams {
  readonly pools: Readonly<Record<UpstreamName, Pool>>;
  /** Ends all connections; open answers are cut off. */
  close(): Promise<void>;
}

/** One connection pool a service. */
export function openUpstreams(urls: UpstreamUrls, options: PoolOptions): Upstreams {
  const open = (url: string): Pool =>
    new Pool(new URL(url).origin, {
      connections: options.connections,
      pipelining: 1,
      connect: patientConnector({ timeoutMs: options.connectTimeoutMs }),
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 32_768,
    });
  const pools = { auth: open(urls.auth), cms: open(urls.cms), assets: open(urls.assets), search: open(urls.search) };
  return {
    pools,
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.destroy()));
    },
  };
}
