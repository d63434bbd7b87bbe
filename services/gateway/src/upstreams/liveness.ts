import { type buildConnector, Client } from 'undici';
import type { Outage } from './replica.ts';

export type Verdict = 'alive' | Outage;

/** Nothing listens, or the listener closes at once. */
const refusedCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

/**
 * Asks `GET /live`. Any response in time is one: whatever responds is alive. One that closes a connection that is to be
 * kept alive says that the service shuts down. Never rejects.
 */
export function checkLiveness(origin: URL, connect: buildConnector.connector, timeoutMs: number): Promise<Verdict> {
  // A connection of its own: the ones in use may be what is broken.
  const client = new Client(origin, { connect, pipelining: 1, headersTimeout: 0 });
  return new Promise((resolve) => {
    const finish = (verdict: Verdict): void => {
      clearTimeout(timer);
      void client.destroy();
      resolve(verdict);
    };
    // Not before what has come meanwhile has been read, in case this process was held up.
    const timer = setTimeout(() => setImmediate(finish, 'unresponsive'), timeoutMs);
    timer.unref();
    client.dispatch(
      { method: 'GET', path: '/live' },
      {
        onRequestStart: () => {},
        onResponseStart: (_, _status, { connection }) => finish(connection === 'close' ? 'draining' : 'alive'),
        onResponseData: () => {},
        onResponseEnd: () => {},
        onResponseError: (_, error) => {
          finish(refusedCodes.has((error as NodeJS.ErrnoException).code ?? '') ? 'refused' : 'unresponsive');
        },
      },
    );
  });
}
