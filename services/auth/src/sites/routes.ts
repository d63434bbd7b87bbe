import { bearer, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { actorOf } from '../audit/actor.ts';
import { problem } from '../errors.ts';
import { PageQuery, readPage } from '../pagination/page.ts';
import { isAdministrator, requireAnyScope } from '../permissions/permissions.ts';
import { userIdOf } from '../permissions/user-caller.ts';
import {
  HostParams,
  HostResponse,
  NewSiteBody,
  SiteChangesBody,
  SiteParams,
  SiteResponse,
  siteResponse,
} from './schemas.ts';
import { isSiteId, readHost } from './site-id.ts';
import type { Sites } from './sites.ts';

/** `GET /auth/hosts/:host`, public: the gateway and login pages find the site by host. */
export function registerHosts(app: Service, sites: Sites): void {
  app.get(
    '/auth/hosts/:host',
    {
      schema: {
        operationId: 'getSiteOfHost',
        summary: 'Find the site of a host name',
        description: 'Says which site answers at a host, so that a front end knows what to ask for.',
        tags: ['sites'],
        params: HostParams,
        response: { 200: HostResponse, ...problems({ 404: ['site_not_found'] }) },
      },
    },
    async (request) => {
      const host = readHost(request.params.host);
      const found = host === undefined ? undefined : await sites.findByHost(host);
      if (found === undefined) throw problem('site_not_found');
      return { ...found, origins: [...found.origins] };
    },
  );
}

/** `/auth/sites`. To be registered under a guard. */
export function registerSites(app: Service, sites: Sites): void {
  app.post(
    '/auth/sites',
    {
      schema: {
        operationId: 'createSite',
        summary: 'Create a site',
        description: 'For administrators of the installation. The id is the site’s first host name and never changes.',
        tags: ['sites'],
        ...bearer,
        body: NewSiteBody,
        response: {
          201: SiteResponse,
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['insufficient_scope'],
            409: ['site_exists', 'host_taken'],
          }),
        },
      },
    },
    async (request, reply) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      const { id, name, hosts } = request.body;
      reply.code(201);
      return siteResponse(await sites.create({ id, name, hosts: hosts ?? [] }, actorOf(request)));
    },
  );

  app.get(
    '/auth/sites',
    {
      schema: {
        operationId: 'listSites',
        summary: 'List sites',
        description: 'Those that the user belongs to; all of them for administrators.',
        tags: ['sites'],
        ...bearer,
        querystring: PageQuery,
        response: {
          200: pageSchema(SiteResponse),
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], 401: tokenRefusals, 403: ['forbidden'] }),
        },
      },
    },
    async (request) => {
      const caller = identityOf(request);
      const member = isAdministrator(caller) ? undefined : userIdOf(caller);
      const page = await sites.list(readPage(request.query, isSiteId), member);
      return { items: page.items.map(siteResponse), next_cursor: page.nextCursor };
    },
  );

  app.get(
    '/auth/sites/:site',
    {
      schema: {
        operationId: 'getSite',
        summary: 'Get a site',
        description: 'Name, hosts, who may register and which front ends may call its API.',
        tags: ['sites'],
        ...bearer,
        params: SiteParams,
        response: {
          200: SiteResponse,
          ...problems({ 401: tokenRefusals, 403: ['forbidden'], 404: ['site_not_found'] }),
        },
      },
    },
    async (request) => {
      const caller = identityOf(request);
      const member = isAdministrator(caller) ? undefined : userIdOf(caller);
      return siteResponse(await sites.get(request.params.site, member));
    },
  );

  app.patch(
    '/auth/sites/:site',
    {
      schema: {
        operationId: 'updateSite',
        summary: 'Change a site',
        description:
          'Its name, who may register, where its pages are, which front ends may call its API. Members that are left ' +
          'out stay as they are.',
        tags: ['sites'],
        ...bearer,
        params: SiteParams,
        body: SiteChangesBody,
        response: {
          200: SiteResponse,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            404: ['site_not_found'],
          }),
        },
      },
    },
    async (request) => {
      const caller = identityOf(request);
      const { site } = request.params;
      const { name, registration, origin, origins } = request.body;
      requireAnyScope(caller, 'site:manage', 'sites:manage');
      if (!isAdministrator(caller) && caller.site !== site) throw problem('forbidden');
      // The target of links could collect tokens of people with accounts on other sites.
      if (origin !== undefined) requireAnyScope(caller, 'sites:manage');
      return siteResponse(await sites.change(site, { name, registration, origin, origins }, actorOf(request)));
    },
  );
}
