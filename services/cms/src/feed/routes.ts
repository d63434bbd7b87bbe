import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope } from '@gaia/token-guard/requirements';
import type { Feed } from './feed.ts';
import { FeedQuery, FeedResponse } from './schemas.ts';

/** `GET /cms/feed`. To be registered under a guard. */
export function registerFeed(app: Service, feed: Feed): void {
  // Before the server waits for open requests: those that wait for events would hold it up.
  app.addHook('preClose', (done) => {
    feed.close();
    done();
  });

  app.get(
    '/cms/feed',
    {
      onRequest: [requireScope('feed:read')],
      schema: {
        operationId: 'readFeed',
        summary: 'Read the change feed',
        description:
          'Each event carries the entry as it is now; applying one twice is harmless. From the beginning it gives every ' +
          'entry, deleted ones as null.',
        tags: ['feed'],
        ...bearer,
        querystring: FeedQuery,
        response: {
          200: FeedResponse,
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['insufficient_scope'],
            503: ['busy'],
          }),
        },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      const end = () => gone.abort();
      reply.raw.once('close', end);
      const { after, wait = 0, limit = 100 } = request.query;
      const { held: _held, ...page } = await feed.read({ after, waitSeconds: wait, limit, end: gone.signal });
      reply.raw.off('close', end);
      reply.header('cache-control', 'no-store');
      // A connection kept alive would be awaited by the closing server.
      if (feed.closed()) reply.header('connection', 'close');
      return page;
    },
  );
}
