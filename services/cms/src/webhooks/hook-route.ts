import { problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import type { Incoming, Received } from './receive.ts';
import { ReceivedResponse } from './schemas.ts';

export const webhookToken = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'Signed with the secret of the endpoint',
} as const;

/** Largest body of a message, in bytes. */
const MAX_BODY = 64 * 1024;

/**
 * `POST /cms/hooks/:endpoint`, for senders: no access token opens it. To be registered on a scope of its own, because
 * bodies are taken as bytes there: a digest is of what was sent, not of what a parser made of it.
 */
export function registerHook(app: Service, receive: (incoming: Incoming) => Promise<Received>): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, done) => done(null, body));

  app.post(
    '/cms/hooks/:endpoint',
    {
      bodyLimit: MAX_BODY,
      schema: {
        operationId: 'receiveWebhookMessage',
        summary: 'Receive a message of another system',
        description:
          'The token is a JWT signed with HS256 and the secret of the endpoint, with `iat`, `exp` (at most 5 minutes ' +
          'later), `jti`, and `request_body_sha256` of the body. Acted upon: `{"type": "payment.succeeded", "user", ' +
          '"product", "payment"}` grants, `payment.refunded` withdraws. Sent again, it changes nothing.',
        tags: ['webhooks'],
        security: [{ webhookToken: [] }],
        params: Type.Object({ endpoint: Type.String({ maxLength: 64 }) }),
        response: {
          200: ReceivedResponse,
          ...problems({
            401: ['webhook_refused'],
            404: ['webhook_not_found'],
            413: ['payload_too_large'],
            422: ['webhook_message_refused'],
            429: ['rate_limited'],
          }),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return receive({
        endpointId: request.params.endpoint,
        rawHeaders: request.raw.rawHeaders,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        address: request.ip,
        requestId: request.id,
      });
    },
  );
}
