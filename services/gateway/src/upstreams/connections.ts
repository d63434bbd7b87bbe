import { type buildConnector, Pool } from 'undici';

export interface ConnectionsOptions {
  readonly origin: URL;
  readonly connect: buildConnector.connector;
  /** Most connections. */
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** The connections to one replica. */
export interface Connections {
  pool(): Pool;
  /** Closes connections that nothing is under way on; they are opened anew when they are needed. */
  closeIdle(): void;
  /** Closes all connections when what is under way on them is through. */
  close(): Promise<void>;
  destroy(): Promise<void>;
}

const KEEP_ALIVE_MS = 30_000;
/** Largest head of a response in bytes. */
const MAX_HEAD = 32_768;

export function openConnections(options: ConnectionsOptions): Connections {
  const pools = new Set<Pool>();
  let pool = openPool();

  function openPool(): Pool {
    const opened = new Pool(options.origin, {
      connections: options.connections,
      // A response that is split in two could otherwise reach another request (RFC 9112 §9.3.2).
      pipelining: 1,
      connect: options.connect,
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEAD,
    });
    pools.add(opened);
    return opened;
  }

  async function closePool(closing: Pool): Promise<void> {
    await closing.close().catch(() => {});
    pools.delete(closing);
  }

  return {
    pool: () => pool,
    closeIdle() {
      const retired = pool;
      pool = openPool();
      void closePool(retired);
    },
    close: () => closePool(pool),
    destroy: async () => {
      await Promise.all([...pools].map((open) => open.destroy()));
    },
  };
}
