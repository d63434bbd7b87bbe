import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way to a server, which a test can break in the ways that networks do, and mend. */
export interface CuttableProxy {
  readonly port: number;
  /** As the server's own, through the proxy. */
  readonly url: string;
  /** Ends all connections, and takes no new ones. */
  cut(): void;
  /** Ends all connections, and takes new ones on which nothing ever happens; they end when the way is restored. */
  stall(): void;
  /** Drops all traffic silently: a lost route, or a dead machine. */
  swallow(): void;
  /** New connections work again. One that has lost something stays silent. */
  restore(): void;
  close(): Promise<void>;
}

/** Leads to a server by its URL, or by the path of its Unix socket. */
export async function startCuttableProxy(target: string | { readonly socketPath: string }): Promise<CuttableProxy> {
  const url = new URL(typeof target === 'string' ? target : 'tcp://127.0.0.1');
  const toServer =
    typeof target === 'string' ? { host: url.hostname, port: Number(url.port || 6_379) } : { path: target.socketPath };
  const sockets = new Set<Socket>();
  const stalled = new Set<Socket>();
  let way: 'open' | 'cut' | 'stalled' | 'swallowing' = 'open';

  const server = createServer((client) => {
    track(client);
    if (way === 'cut') return void client.destroy();
    if (way === 'stalled') return void stalled.add(client.resume());
    if (way === 'swallowing') return void client.resume();
    const upstream = track(connect(toServer));
    relay(client, upstream);
    relay(upstream, client);
  });

  function track(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      stalled.delete(socket);
    });
    return socket;
  }

  function relay(from: Socket, to: Socket): void {
    let silent = false;
    const mayPass = () => !silent && way !== 'swallowing';
    from.on('data', (data) => {
      silent ||= way === 'swallowing';
      if (silent || to.write(data)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('end', () => mayPass() && to.end());
    from.on('close', (failed) => {
      if (mayPass() && (failed || !to.writableEnded)) to.destroy();
    });
  }

  function end(some: Iterable<Socket>): void {
    for (const socket of some) socket.destroy();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    port,
    url: url.href,
    cut() {
      way = 'cut';
      end(sockets);
    },
    stall() {
      way = 'stalled';
      end(sockets);
    },
    swallow() {
      way = 'swallowing';
    },
    restore() {
      way = 'open';
      end(stalled);
    },
    async close() {
      way = 'cut';
      end(sockets);
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
