import { actorOf } from '@gaia/audit-log/actor';
import { bearer, bodyRefusals, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope } from '@gaia/token-guard/requirements';
import { SITE_ID_PATTERN } from '@gaia/tokens/site-id';
import { Type } from 'typebox';
import { siteOfRequest } from '../sites/site-of-request.ts';
import type { SiteSynonyms, Synonyms } from './synonyms.ts';

const tags = ['synonyms'];
const managers = { onRequest: [requireScope('site:manage')] };

const Groups = Type.Array(
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 2, maxItems: 20, uniqueItems: true }),
  { maxItems: 500, description: 'Groups of words, or of texts of up to four words, that mean the same' },
);
const SynonymsBody = Type.Object({ synonyms: Groups }, { additionalProperties: false });
const SynonymsResponse = Type.Object(
  {
    site: Type.String(),
    synonyms: Groups,
    updated_at: Type.Union([Type.String(), Type.Null()], { description: 'Null for a site that never had any' }),
  },
  { description: 'The synonyms of a site' },
);
const SiteQuery = Type.Object(
  {
    site: Type.Optional(
      Type.String({ pattern: SITE_ID_PATTERN, description: "Default: the host's site, else the access token's" }),
    ),
  },
  { additionalProperties: false },
);
const refusals = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'], 503: ['unavailable'] } as const;

/** `GET` and `PUT /search/synonyms`. To be registered under a guard. */
export function registerSynonyms(app: Service, synonyms: Synonyms): void {
  app.get(
    '/search/synonyms',
    {
      ...managers,
      schema: {
        operationId: 'getSynonyms',
        summary: 'The synonyms of a site',
        description: 'For those who manage the site.',
        tags,
        ...bearer,
        querystring: SiteQuery,
        response: {
          200: SynonymsResponse,
          ...problems({ 400: ['validation_failed', 'site_required'], ...refusals }),
        },
      },
    },
    async (request, reply) => {
      const site = siteOfRequest(request.query.site, request.headers['x-gaia-site'], request.identity);
      reply.header('cache-control', 'no-store');
      return responseOf(site, await synonyms.read(site));
    },
  );

  app.put(
    '/search/synonyms',
    {
      ...managers,
      schema: {
        operationId: 'replaceSynonyms',
        summary: 'Replace the synonyms of a site',
        description:
          'A search for one of a group finds the others too; quoted and excluded words are looked for as they are. ' +
          'For those who manage the site; holds at once, without a rebuild.',
        tags,
        ...bearer,
        querystring: SiteQuery,
        body: SynonymsBody,
        response: {
          200: SynonymsResponse,
          ...problems({ 400: [...bodyRefusals, 'site_required'], ...refusals }),
        },
      },
      bodyLimit: 1024 * 1024,
    },
    async (request, reply) => {
      const site = siteOfRequest(request.query.site, request.headers['x-gaia-site'], request.identity);
      reply.header('cache-control', 'no-store');
      return responseOf(site, await synonyms.replace(actorOf(request), site, request.body.synonyms));
    },
  );
}

function responseOf(site: string, { groups, updatedAt }: SiteSynonyms) {
  return {
    site,
    synonyms: groups.map((group) => [...group]),
    updated_at: updatedAt === undefined ? null : new Date(updatedAt).toISOString(),
  };
}
