import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface ProbeTarget {
  readonly origin: URL;
  /** Where the name of the origin is looked for; undefined: wherever the system finds it. */
  readonly address: string | undefined;
}

/**
 * `alive`; `ending`: it answers, and closes its connections; `refused`: nobody listens, though what is under way may
 * still be answered; `silent`: nothing can be heard of it.
 */
export type Verdict = 'alive' | 'ending' | 'refused' | 'silent';

/** Asks `GET /live`. Any answer in time is one: whoever answers is alive. Never rejects. */
export function probe({ origin, address }: ProbeTarget, timeoutMs: number): Promise<Verdict> {
  const secure = origin.protocol === 'https:';
  return new Promise((resolve) => {
    const request = (secure ? httpsRequest : httpRequest)({
      host: address ?? origin.hostname.replace(/^\[|\]$/g, ''),
      port: origin.port || (secure ? 443 : 80),
      path: '/live',
      // Kept alive as far as it is up to us, so that `close` in the answer means something.
      headers: { host: origin.host, connection: 'keep-alive' },
      // A connection of its own: the ones in use may be what is broken.
      agent: false,
      ...(secure && { servername: origin.hostname }),
    });
    const finish = (verdict: Verdict): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(verdict);
    };
    // Not before what has come meanwhile has been read, in case this process was held up.
    const timer = setTimeout(() => setImmediate(finish, 'silent'), timeoutMs);
    timer.unref();
    request.on('response', ({ headers }) => finish(headers.connection === 'close' ? 'ending' : 'alive'));
    request.on('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET' ? 'refused' : 'silent');
    });
    request.end();
  });
}
