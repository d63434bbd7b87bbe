import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface BlackHole {
  readonly port: number;
  /** From now on nothing passes, and nobody is told: what a lost route or a dead machine looks like. */
  cut(): void;
  /** New connections work again; those from before stay silent forever. */
  heal(): void;
  close(): Promise<void>;
}

/** A way to a local port that can swallow everything. */
export async function openBlackHole(targetPort: number): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  let cut = false;
  const server = createServer((inner) => {
    track(inner);
    if (cut) return inner.resume();
    const outer = track(connect(targetPort, '127.0.0.1'));
    relay(inner, outer);
    relay(outer, inner);
    return undefined;
  });

  function track(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  function relay(from: Socket, to: Socket): void {
    let silent = false;
    from.on('data', (data) => {
      silent ||= cut;
      if (!silent) to.write(data);
    });
    from.on('close', () => {
      if (!cut && !silent) to.destroy();
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    cut() {
      cut = true;
    },
    heal() {
      cut = false;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
