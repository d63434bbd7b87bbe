import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawConnection {
  readonly socket: Socket;
  received(): string;
  /** All that has come, once the other side has sent the end of its stream. */
  readonly ended: Promise<string>;
  /** Resolves when the connection is no more. */
  readonly closed: Promise<void>;
  /** Goes on to send a text every few milliseconds for as long as the connection lives. */
  drip(text: string): void;
}

/** A connection to a listening service, half-open as those of many clients are. */
export function openConnection(to: { readonly server: Server } | number): RawConnection {
  const port = typeof to === 'number' ? to : (to.server.address() as AddressInfo).port;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  let dripping: NodeJS.Timeout | undefined;
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('end', () => end(text));
  // Writing to a connection that the other side has closed is what these tests do.
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(dripping);
    close();
  });
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    received: () => text,
    ended,
    closed,
    drip(piece) {
      dripping = setInterval(() => socket.write(piece), 5);
    },
  };
}
