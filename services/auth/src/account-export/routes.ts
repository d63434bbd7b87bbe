import { Readable } from 'node:stream';
import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import type { AccountExport } from './account-export.ts';

/** Of what is made ahead of a slow reader, in bytes. */
const BUFFER_BYTES = 64 * 1024;

/** `GET /auth/me/export`. To be registered under a guard. */
export function registerAccountExport(app: Service, exportOf: AccountExport): void {
  app.get(
    '/auth/me/export',
    {
      schema: {
        operationId: 'exportCurrentUser',
        summary: 'Export one’s own data',
        description:
          'The account, its sites, sessions, devices, invitations and audit entries, the entries that one has written, ' +
          'products that one holds and files that one has uploaded. The last member is `complete`: without it, or when ' +
          'the transfer breaks off, something is missing.',
        tags: ['account'],
        ...bearer,
        response: {
          200: {
            description: 'A JSON document',
            content: { 'application/json': { schema: Type.Object({}, { additionalProperties: true }) } },
          },
          ...problems({
            401: tokenRefusals,
            403: ['forbidden'],
            404: ['user_not_found'],
            429: ['rate_limited'],
            503: ['cms_unavailable', 'assets_unavailable', 'unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const text = await exportOf(identityOf(request), actorOf(request));
      reply.headers({
        'content-type': 'application/json; charset=utf-8',
        'content-disposition': 'attachment; filename="account.json"',
        'cache-control': 'no-store',
      });
      return reply.send(Readable.from(text, { objectMode: false, highWaterMark: BUFFER_BYTES }));
    },
  );
}
