import { ADMINISTRATOR_ROLE, administratorScopes, type SiteRole, siteRoles } from '@gaia/tokens/scopes';

/** Roles that a test token can have: those of a site, `administrator` of the installation, `service` without a user. */
export type CallerRole = SiteRole | 'administrator' | 'service';

export const callerRoles: readonly CallerRole[] = Object.freeze([
  'member',
  'author',
  'editor',
  'admin',
  'owner',
  'administrator',
  'service',
]);

/** Claims that follow from a role, as auth would set them. */
export interface RoleClaims {
  readonly roles: readonly string[];
  readonly scope: string;
}

export function claimsOfRole(role: CallerRole): RoleClaims {
  if (role === 'service') return { roles: [], scope: 'feed:read' };
  if (role === 'administrator') {
    return { roles: ['owner', ADMINISTRATOR_ROLE], scope: [...siteRoles.owner, ...administratorScopes].join(' ') };
  }
  return { roles: [role], scope: siteRoles[role].join(' ') };
}
