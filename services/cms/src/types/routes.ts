import { actorOf } from '@gaia/audit-log/actor';
import { entityTag, isNotModified, readIfMatch } from '@gaia/http-service/conditional-requests';
import {
  bearer,
  bodyRefusals,
  IfMatch,
  noBody,
  problems,
  SiteParams,
  siteRefusals,
} from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import type { ContentType } from './field.ts';
import { NewType, TypeChange, TypeList, TypeParams, TypeResponse } from './schemas.ts';
import { typeView } from './type-view.ts';
import type { Types } from './types.ts';

const tags = ['content types'];
const readers = { onRequest: [requireSite(), requireScope('content:read')] };
const managers = { onRequest: [requireSite(), requireScope('types:manage')] };

/** `/cms/sites/:site/types`. To be registered under a guard. */
export function registerTypes(app: Service, types: Types): void {
  const viewAndTag = async (type: ContentType) => {
    const view = typeView(type, await types.list(type.site), await types.indexing(type.site));
    return { view, etag: entityTag(view, type.version) };
  };

  app.get(
    '/cms/sites/:site/types',
    {
      ...readers,
      schema: {
        operationId: 'listTypes',
        summary: 'List content types',
        description: 'Of a site, with their fields.',
        tags,
        ...bearer,
        params: SiteParams,
        response: { 200: TypeList, ...problems(siteRefusals) },
      },
    },
    async (request) => {
      const { site } = request.params;
      const all = await types.list(site);
      const indexing = await types.indexing(site);
      return { items: all.map((type) => typeView(type, all, indexing)) };
    },
  );

  app.post(
    '/cms/sites/:site/types',
    {
      ...managers,
      schema: {
        operationId: 'createType',
        summary: 'Create a content type',
        description: 'Its fields say what entries hold, who may read and who may write each.',
        tags,
        ...bearer,
        params: SiteParams,
        body: NewType,
        response: {
          201: TypeResponse,
          ...problems({ 400: bodyRefusals, ...siteRefusals, 409: ['type_exists', 'too_many_types'] }),
        },
      },
    },
    async (request, reply) => {
      const type = await types.create(actorOf(request), request.params.site, request.body);
      const { view, etag } = await viewAndTag(type);
      reply.code(201).headers({ location: `/cms/sites/${type.site}/types/${type.name}`, etag });
      return view;
    },
  );

  app.get(
    '/cms/sites/:site/types/:type',
    {
      ...readers,
      schema: {
        operationId: 'getType',
        summary: 'Get a content type',
        description: 'With its fields and their rules.',
        tags,
        ...bearer,
        params: TypeParams,
        response: {
          200: TypeResponse,
          304: noBody('Still the type of the ETag in If-None-Match'),
          ...problems({ ...siteRefusals, 404: ['type_not_found'], 412: ['precondition_failed'] }),
        },
      },
    },
    async (request, reply) => {
      const { view, etag } = await viewAndTag(await types.get(request.params.site, request.params.type));
      reply.header('cache-control', 'private, no-cache');
      if (isNotModified(request, reply, etag)) return reply.code(304).send();
      return view;
    },
  );

  app.patch(
    '/cms/sites/:site/types/:type',
    {
      ...managers,
      schema: {
        operationId: 'updateType',
        summary: 'Change a content type',
        description: 'Giving the type or a field another name touches no entry. The type of a field stays.',
        tags,
        ...bearer,
        params: TypeParams,
        headers: IfMatch,
        body: TypeChange,
        response: {
          200: TypeResponse,
          ...problems({
            400: bodyRefusals,
            ...siteRefusals,
            404: ['type_not_found'],
            409: ['type_exists', 'value_not_unique'],
            412: ['version_conflict'],
          }),
        },
      },
    },
    async (request, reply) => {
      const expected = readIfMatch(request.headers['if-match']);
      const type = await types.change(
        actorOf(request),
        request.params.site,
        request.params.type,
        request.body,
        expected,
      );
      const { view, etag } = await viewAndTag(type);
      reply.header('etag', etag);
      return view;
    },
  );

  app.delete(
    '/cms/sites/:site/types/:type',
    {
      ...managers,
      schema: {
        operationId: 'deleteType',
        summary: 'Delete a content type',
        description: 'Only one of which there are no entries.',
        tags,
        ...bearer,
        params: TypeParams,
        headers: IfMatch,
        response: {
          204: noBody('Deleted'),
          ...problems({ ...siteRefusals, 404: ['type_not_found'], 409: ['type_in_use'], 412: ['version_conflict'] }),
        },
      },
    },
    async (request, reply) => {
      const expected = readIfMatch(request.headers['if-match']);
      await types.remove(actorOf(request), request.params.site, request.params.type, expected);
      return reply.code(204).send();
    },
  );
}
