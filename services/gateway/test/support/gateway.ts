import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@gaia/http-service/logger';
import type { Service } from '@gaia/http-service/service';
import { createMemoryState } from '@gaia/state/memory';
import type { State } from '@gaia/state/state';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { start } from '../../src/start.ts';
import { createFakeAuth, type FakeAuth } from './fake-auth.ts';
import { type Answer, echo, type Seen, type Sending, send, serve } from './servers.ts';

export const SECRET = 'a-secret-of-the-tests-with-32-characters';

export interface GatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cms?: RequestListener;
  readonly assets?: RequestListener;
  readonly search?: RequestListener;
  readonly auth?: FakeAuth;
  readonly state?: State;
  readonly now?: () => number;
  /** Where to listen; anywhere if not given. */
  readonly port?: number;
}

export interface TestGateway {
  readonly app: Service;
  readonly origin: string;
  readonly port: number;
  readonly auth: FakeAuth;
  readonly state: State;
  send(path: string, sending?: Sending): Promise<Answer>;
  /** Sends to an echo server and gives what that saw. */
  seen(path: string, sending?: Sending): Promise<Seen>;
}

/** A gateway on a port of its own before services that echo, for the length of the running test. */
export async function openGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const now = options.now ?? Date.now;
  const auth = options.auth ?? createFakeAuth(now);
  const [authServer, cms, assets, search] = await Promise.all([
    serve(auth.listener),
    serve(options.cms ?? echo('cms')),
    serve(options.assets ?? echo('assets')),
    serve(options.search ?? echo('search')),
  ]);
  const state = options.state ?? createMemoryState({ now });
  const config = loadConfig({
    AUTH_URL: authServer.origin,
    CMS_URL: cms.origin,
    ASSETS_URL: assets.origin,
    SEARCH_URL: search.origin,
    METRICS_PORT: '0',
    GATEWAY_SESSION_SECRET: SECRET,
    ...options.env,
  });
  const app = await start(config, { logger: createLogger({ service: 'gateway', level: 'silent' }), state, now });
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
    if (options.state === undefined) await state.close();
  });
  const { port } = app.server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const sendTo = (path: string, sending?: Sending): Promise<Answer> => send(origin, path, sending);
  return {
    app,
    origin,
    port,
    auth,
    state,
    send: sendTo,
    seen: async (path, sending) => {
      const answer = await sendTo(path, sending);
      if (answer.status !== 200) throw new Error(`expected an echo, got ${answer.status} ${answer.text}`);
      return answer.json<Seen>();
    },
  };
}

/** A clock that tests move. */
export function createClock(): { now: () => number; advance(ms: number): void } {
  let time = Date.now();
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}
