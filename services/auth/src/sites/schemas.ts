import { plainText } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';
import type { RegistrationPolicy } from '../database.ts';
import { SITE_ID_PATTERN } from './site-id.ts';
import type { Site } from './sites.ts';

export const SiteId = Type.String({ pattern: SITE_ID_PATTERN, description: 'The host it was registered under' });

export const SiteParams = Type.Object({ site: SiteId });

export const HostParams = Type.Object({ host: Type.String({ minLength: 1, maxLength: 260 }) });

export const NewSiteBody = Type.Object(
  {
    id: SiteId,
    name: plainText({ minLength: 1, maxLength: 200 }),
    hosts: Type.Optional(Type.Array(SiteId, { maxItems: 20, description: 'Further hosts, lower case, without port' })),
  },
  { additionalProperties: false },
);

const Registration = Type.Unsafe<RegistrationPolicy>({
  type: 'string',
  enum: ['open', 'invitation', 'closed'],
  description: 'Who may become a member: everybody who registers, who is invited, or only who is added',
});

/** RFC 6454 §6.2. */
const OriginText = Type.String({ minLength: 8, maxLength: 300 });

export const MOST_ORIGINS = 20;

export const SiteChangesBody = Type.Object(
  {
    name: Type.Optional(plainText({ minLength: 1, maxLength: 200 })),
    registration: Type.Optional(Registration),
    origin: Type.Optional(
      Type.Union([OriginText, Type.Null()], {
        description: 'Where links in mails lead, at one of the hosts (administrators of the installation)',
      }),
    ),
    origins: Type.Optional(
      Type.Array(OriginText, {
        maxItems: MOST_ORIGINS,
        description:
          'Front ends whose pages may call the site’s API with a bearer token: scheme, host and port, exactly',
      }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const SiteResponse = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    hosts: Type.Array(Type.String()),
    registration: Registration,
    origin: Type.String({ description: 'Where the site’s pages are, and links in mails lead' }),
    origins: Type.Array(Type.String(), { description: 'Front ends whose pages may call the site’s API' }),
    created_at: Type.String(),
  },
  { title: 'Site' },
);

export const HostResponse = Type.Object({
  site: Type.String(),
  name: Type.String(),
  origin: Type.String({ description: 'The one at which the site exists under this host' }),
  registration: Registration,
  origins: Type.Array(Type.String(), { description: 'Front ends whose pages may call the site’s API' }),
});

export function siteResponse({ id, name, hosts, registration, origin, origins, createdAt }: Site) {
  return {
    id,
    name,
    hosts: [...hosts],
    registration,
    origin,
    origins: [...origins],
    created_at: createdAt.toISOString(),
  };
}
