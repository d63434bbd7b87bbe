import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON; nothing if absent. */
  readonly body?: unknown;
}

export type FakeRoutes = Readonly<Record<string, (request: FakeRequest) => FakeAnswer>>;

export interface FakeSuite {
  readonly url: string;
  readonly requests: readonly FakeRequest[];
  /** The requests of one route, such as `POST /auth/login`. */
  to(route: string): readonly FakeRequest[];
  close(): Promise<void>;
}

/**
 * A server with routes like `GET /auth/users`, on a free port of the loopback or on a Unix socket; others answer 404 as the
 * suite does.
 */
export async function startFakeSuite(routes: (url: string) => FakeRoutes, socket?: string): Promise<FakeSuite> {
  const requests: FakeRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    requests.push(request);
    const route = routes(url)[`${request.method} ${request.path}`];
    const { status = 200, headers = {}, body } = route?.(request) ?? problem(404, 'route_not_found', 'Nothing is here');
    response.writeHead(status, headers);
    response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
  if (socket === undefined) server.listen(0, '127.0.0.1');
  else server.listen(socket);
  await once(server, 'listening');
  const url = socket === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : 'http://socket';
  return {
    url,
    requests,
    to: (route) => requests.filter(({ method, path }) => `${method} ${path}` === route),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function problem(status: number, code: string, title: string, more: object = {}): FakeAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { type: `urn:gaia:problem:${code}`, title, status, code, request_id: 'req-1', ...more },
  };
}

/** Credentials that the routes of fakeLogin take, and what they answer. */
export const administrator = Object.freeze({
  email: 'admin@localhost',
  password: 'correct horse battery',
  accessToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl',
  refreshToken: 'eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiIxIn0.c2lnbmF0dXJl',
  env: { GAIA_ADMIN_EMAIL: 'admin@localhost', GAIA_ADMIN_PASSWORD: 'correct horse battery' },
});

export function fakeLogin(): FakeRoutes {
  return {
    'POST /auth/login': ({ body }) => {
      const { email, password } = body as { email?: string; password?: string };
      if (email !== administrator.email || password !== administrator.password) {
        return problem(401, 'invalid_credentials', 'The name or the password is wrong');
      }
      return { body: { access_token: administrator.accessToken, refresh_token: administrator.refreshToken } };
    },
    'POST /auth/logout': () => ({ status: 204 }),
  };
}

/** The routes; all need a token. */
export function guarded(routes: FakeRoutes): FakeRoutes {
  const guardedRoutes = Object.entries(routes).map(([name, route]) => [
    name,
    (request: FakeRequest) =>
      request.authorization === `Bearer ${administrator.accessToken}`
        ? route(request)
        : problem(401, 'token_missing', 'A token is needed here'),
  ]);
  return Object.fromEntries(guardedRoutes);
}

async function read(incoming: IncomingMessage): Promise<FakeRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://fake');
  return {
    method: incoming.method ?? 'GET',
    path: pathname,
    query: searchParams,
    authorization: incoming.headers.authorization,
    body: text === '' ? undefined : JSON.parse(text),
  };
}
