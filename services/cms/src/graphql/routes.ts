import { actorOf } from '@gaia/audit-log/actor';
import { bearerOrNone, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { isSiteId } from '@gaia/tokens/site-id';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import { callContextOf } from '../service-clients/call-context.ts';
import type { GraphqlRequest, GraphqlResponse } from './graphql.ts';

/** Largest request, in bytes. */
const MAX_BODY = 256 * 1024;

const Body = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: 32_768 }),
    variables: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
    operationName: Type.Optional(Type.Union([Type.String({ maxLength: 200 }), Type.Null()])),
    extensions: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);
const Answer = Type.Unsafe<GraphqlResponse['body']>({
  type: 'object',
  properties: { data: {}, errors: { type: 'array', items: { type: 'object', additionalProperties: true } } },
});
const Query = Type.Object(
  { site: Type.Optional(Type.String({ maxLength: 253, description: 'Site; that of the token or host if absent' })) },
  { additionalProperties: false },
);

/** `POST /graphql`. To be registered under a guard that lets anonymous callers in. */
export function registerGraphql(app: Service, graphql: (request: GraphqlRequest) => Promise<GraphqlResponse>): void {
  app.post(
    '/graphql',
    {
      bodyLimit: MAX_BODY,
      schema: {
        operationId: 'graphql',
        summary: 'Run a GraphQL query or mutation',
        description:
          'The schema is made of the content types; who may write content can ask for it by introspection. Errors carry ' +
          '`extensions.code`, the same codes as over REST.',
        tags: ['graphql'],
        ...bearerOrNone,
        querystring: Query,
        body: Body,
        response: {
          200: Answer,
          400: Answer,
          ...problems({ 401: tokenRefusals, 403: ['forbidden'], 413: ['payload_too_large'] }),
        },
      },
    },
    async (request, reply) => {
      const { headers, identity, body } = request;
      const named = request.query.site ?? header(headers['x-gaia-site']);
      const site = named ?? identity?.site;
      if (!isSiteId(site)) throw problem('site_missing');
      if (identity !== undefined && identity.site !== site) {
        throw problem('forbidden', { detail: 'The access token is for another site.' });
      }
      const answer = await graphql({
        caller: identity,
        actor: actorOf(request),
        site,
        query: body.query,
        variables: body.variables ?? {},
        operationName: body.operationName ?? undefined,
        call: callContextOf(request),
        onFault: (fault) => request.log.error({ err: fault }, 'a part of a GraphQL request failed'),
      });
      reply.header('cache-control', 'private, no-cache');
      return reply.code(answer.status).send(answer.body);
    },
  );
}

function header(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
