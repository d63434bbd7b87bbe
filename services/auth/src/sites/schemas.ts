import { Type } from 'typebox';
import { plainText } from '../answers.ts';
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

export const SiteAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hosts: Type.Array(Type.String()),
  created_at: Type.String(),
});

export const HostAnswer = Type.Object({ site: Type.String(), name: Type.String() });

export function siteAnswer({ id, name, hosts, createdAt }: Site) {
  return { id, name, hosts: [...hosts], created_at: createdAt.toISOString() };
}
