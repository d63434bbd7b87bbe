import type { Server, ServerRequest } from './server.ts';
import type { World } from './world.ts';

/** What becomes of one request. Delays in milliseconds; undefined for what never arrives. */
export interface Fate {
  readonly request: number | undefined;
  /** When a second copy of the request arrives, if there is one. */
  readonly copy: number | undefined;
  readonly response: number | undefined;
  /** Whether the client is told of a loss, or hears nothing. */
  readonly tells: boolean;
}

export const good: Fate = { request: 5, copy: undefined, response: 5, tells: true };

export interface Network {
  send(request: ServerRequest, fate: Fate, signal: AbortSignal | null | undefined): Promise<Response>;
  /** The server answers nothing for so long. */
  restart(milliseconds: number): void;
}

export function createNetwork(world: World, server: Server): Network {
  let downUntil = 0;

  return {
    restart(milliseconds) {
      downUntil = world.now() + milliseconds;
    },
    send: (request, fate, signal) =>
      new Promise((resolve, reject) => {
        const fail = () => fate.tells && world.schedule(5, () => reject(new TypeError('fetch failed')));
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        const arrive = async (isCopy: boolean) => {
          if (world.now() < downUntil) {
            if (!isCopy) fail();
            return;
          }
          const { status, date, body } = await server.answer(request);
          if (isCopy) return;
          // A server that stops meanwhile sends nothing.
          if (fate.response === undefined) return fail();
          const headers = new Headers({ date: new Date(date).toUTCString() });
          const text = JSON.stringify(body);
          const response = { ok: status < 300, status, headers, text: async () => text } as Response;
          world.schedule(fate.response, () => resolve(response));
        };
        if (fate.request === undefined) fail();
        else world.schedule(fate.request, () => void arrive(false));
        if (fate.copy !== undefined) world.schedule(fate.copy, () => void arrive(true));
      }),
  };
}
