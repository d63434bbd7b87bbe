import { actorOf } from '@gaia/audit-log/actor';
import { isTexts, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { problem as serviceProblem } from '@gaia/http-service/problem';
import {
  bearer,
  bodyRefusals,
  noBody,
  problems,
  SiteParams,
  siteRefusals,
  tokenRefusals,
} from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireRecent, requireScope, requireSite, SECRETS_MAX_AGE } from '@gaia/token-guard/requirements';
import type { CmsDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import { isUuid } from '../values/uuid.ts';
import { listDeliveries } from './deliveries.ts';
import type { Endpoint, EndpointInput, Endpoints } from './endpoints.ts';
import {
  DeliveryList,
  DeliveryQuery,
  EndpointChange,
  EndpointList,
  EndpointParams,
  EndpointResponse,
  NewEndpoint,
  NewEndpointResponse,
  Rotation,
  RotationResponse,
} from './schemas.ts';

const tags = ['webhooks'];
const recentRefusals = [...tokenRefusals, 'insufficient_user_authentication'];
const managers = { onRequest: [requireSite(), requireScope('webhooks:manage')] };
const one = { tags, ...bearer, params: EndpointParams };
const refusals = { ...siteRefusals, 404: ['webhook_not_found'] };

/** `/cms/sites/:site/webhooks`. To be registered under a guard. */
export function registerWebhooks(
  app: Service,
  { endpoints, database, now }: { endpoints: Endpoints; database: CmsDatabase; now: () => number },
): void {
  const shownSecrets = { onRequest: [...managers.onRequest, requireRecent({ maxAge: SECRETS_MAX_AGE, now })] };
  app.get(
    '/cms/sites/:site/webhooks',
    {
      ...managers,
      schema: {
        operationId: 'listWebhooks',
        summary: 'List webhook endpoints',
        description: 'Of a site; they take messages of other systems.',
        tags,
        ...bearer,
        params: SiteParams,
        response: { 200: EndpointList, ...problems(siteRefusals) },
      },
    },
    async (request) => ({ items: (await endpoints.list(request.params.site)).map(endpointResponse) }),
  );

  app.post(
    '/cms/sites/:site/webhooks',
    {
      ...shownSecrets,
      schema: {
        operationId: 'createWebhook',
        summary: 'Create a webhook endpoint',
        description: 'The secret is shown this once.',
        tags,
        ...bearer,
        params: SiteParams,
        body: NewEndpoint,
        response: {
          201: NewEndpointResponse,
          ...problems({ 400: bodyRefusals, ...siteRefusals, 401: recentRefusals, 409: ['too_many_webhooks'] }),
        },
      },
    },
    async (request, reply) => {
      checkPlaces(request.body);
      const { endpoint, secret } = await endpoints.create(actorOf(request), request.params.site, request.body);
      reply.code(201).headers({
        location: `/cms/sites/${endpoint.site}/webhooks/${endpoint.id}`,
        'cache-control': 'no-store',
      });
      return { ...endpointResponse(endpoint), secret };
    },
  );

  app.get(
    '/cms/sites/:site/webhooks/:webhook',
    {
      ...managers,
      schema: {
        operationId: 'getWebhook',
        summary: 'Get a webhook endpoint',
        description: 'Without its secret.',
        ...one,
        response: { 200: EndpointResponse, ...problems(refusals) },
      },
    },
    async (request) => endpointResponse(await endpoints.get(request.params.site, request.params.webhook)),
  );

  app.patch(
    '/cms/sites/:site/webhooks/:webhook',
    {
      ...managers,
      schema: {
        operationId: 'updateWebhook',
        summary: 'Rename a webhook endpoint, or switch it off',
        description: 'Messages to one that is off are refused.',
        ...one,
        body: EndpointChange,
        response: { 200: EndpointResponse, ...problems({ 400: bodyRefusals, ...refusals }) },
      },
    },
    async (request) => {
      const { site, webhook } = request.params;
      return endpointResponse(await endpoints.change(actorOf(request), site, webhook, request.body));
    },
  );

  app.post(
    '/cms/sites/:site/webhooks/:webhook/rotate',
    {
      ...shownSecrets,
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Rotate the secret of a webhook endpoint',
        description: 'The secrets before stay good for `overlap_seconds`, so that no message is refused meanwhile.',
        ...one,
        body: Rotation,
        response: { 200: RotationResponse, ...problems({ 400: bodyRefusals, ...refusals, 401: recentRefusals }) },
      },
    },
    async (request, reply) => {
      const { site, webhook } = request.params;
      const { overlap_seconds: overlapSeconds = 86_400, secret: given } = request.body;
      const { secret, previousUntil } = await endpoints.rotate(actorOf(request), site, webhook, {
        secret: given,
        overlapSeconds,
      });
      reply.header('cache-control', 'no-store');
      return { secret, previous_until: new Date(previousUntil).toISOString() };
    },
  );

  app.delete(
    '/cms/sites/:site/webhooks/:webhook',
    {
      ...managers,
      schema: {
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook endpoint',
        description: 'With its secrets and its log.',
        ...one,
        response: { 204: noBody('Deleted'), ...problems(refusals) },
      },
    },
    async (request, reply) => {
      await endpoints.remove(actorOf(request), request.params.site, request.params.webhook);
      return reply.code(204).send();
    },
  );

  app.get(
    '/cms/sites/:site/webhooks/:webhook/deliveries',
    {
      ...managers,
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List the deliveries of a webhook endpoint',
        description: 'Newest first, with what became of each; the newest 1,000 or so are kept.',
        ...one,
        querystring: DeliveryQuery,
        response: { 200: DeliveryList, ...problems({ 400: ['validation_failed', 'invalid_cursor'], ...refusals }) },
      },
    },
    async (request, reply) => {
      const { site, webhook } = request.params;
      const { outcome, limit = 50, cursor } = request.query;
      await endpoints.get(site, webhook);
      const [before] = readCursor(cursor, isTexts(1)) ?? [];
      if (before !== undefined && !isUuid(before)) throw problem('invalid_cursor');
      const found = await listDeliveries(database, webhook, { outcome, before }, limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      reply.header('cache-control', 'no-store');
      return {
        items: items.map(({ endpoint_id: _endpoint, ...delivery }) => ({ ...delivery, at: delivery.at.toISOString() })),
        next_cursor: found.length > limit && last ? writeCursor([last.id]) : null,
      };
    },
  );
}

/** The members that only make sense together. */
function checkPlaces({ token_in: place = 'authorization', token_name: name, message }: EndpointInput): void {
  const refuse = (member: string, what: string) => {
    const path = `/body/${member}`;
    return serviceProblem('validation_failed', { detail: `${path} ${what}.`, errors: [{ path, message: what }] });
  };
  if ((place === 'authorization') !== (name === undefined)) {
    throw refuse('token_name', 'goes with token_in header or body, and only with them');
  }
  if (place === 'header' && name !== name?.toLowerCase()) throw refuse('token_name', 'must be in lower case');
  if (place === 'body' && message === 'body') {
    throw refuse('message', 'must be token: a token within the body cannot carry the digest of that body');
  }
}

function endpointResponse(endpoint: Endpoint) {
  return {
    ...endpoint,
    path: `/cms/hooks/${endpoint.id}`,
    created_at: endpoint.created_at.toISOString(),
    updated_at: endpoint.updated_at.toISOString(),
  };
}
