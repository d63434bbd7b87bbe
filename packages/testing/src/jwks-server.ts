import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface JwksServer {
  /** The document's URL: `http://127.0.0.1:<port>/.well-known/jwks.json`. */
  readonly url: string;
  close(): Promise<void>;
}

const PATH = '/.well-known/jwks.json';

/** Serves a JWKS document on a free port of the loopback. */
export async function listenForJwks(respond: (ifNoneMatch: string | null) => Response): Promise<JwksServer> {
  const server = createServer(async (request, response) => {
    const answer =
      request.url === PATH ? respond(request.headers['if-none-match'] ?? null) : new Response(null, { status: 404 });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${PATH}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
