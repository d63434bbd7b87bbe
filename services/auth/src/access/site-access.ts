import { ADMINISTRATOR_ROLE, administratorScopes, type SiteRole, siteRoles } from '@gaia/tokens/scopes';

/** What a user is and may do on one site, or without any. */
export interface SiteAccess {
  readonly site: string | undefined;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The one service that its tokens are good at; the whole suite if absent. */
  readonly audience?: string | undefined;
}

/**
 * Of who has an account and belongs to no site: to see it, change it, export and delete it. Its tokens are for this service
 * alone, so that no other has to know that there are such tokens to refuse them.
 */
const accountAccess: SiteAccess = Object.freeze({ site: undefined, roles: [], scopes: [], audience: 'auth' });

/** The rows that access follows from. */
export interface AccessFacts {
  readonly administrator: boolean;
  /** The site that is asked for, if there is such a site. */
  readonly site: string | undefined;
  /** The user's roles there, if there is a membership. */
  readonly roles: readonly string[] | undefined;
  /** What those of the roles give that the site has made itself. */
  readonly permissions?: readonly string[] | undefined;
}

/**
 * What the facts allow. An administrator of the installation acts as owner on every site. Undefined for one who is not
 * a member of the site, or has none.
 */
export function siteAccess({ administrator, site, roles, permissions = [] }: AccessFacts): SiteAccess | undefined {
  if (administrator) {
    if (site === undefined) return { site, roles: [ADMINISTRATOR_ROLE], scopes: administratorScopes };
    return {
      site,
      roles: ['owner', ADMINISTRATOR_ROLE],
      scopes: [...siteRoles.owner, ...administratorScopes],
    };
  }
  if (site === undefined || roles === undefined) return undefined;
  return { site, roles, scopes: scopesOf(roles, permissions) };
}

/**
 * What a session for a site, or for none, allows by the facts about that site. Without a site every account has its own
 * access; on a site, only members. Undefined where there is none.
 */
export function sessionAccess(facts: AccessFacts, site: string | undefined): SiteAccess | undefined {
  if (facts.site !== site) return undefined;
  return siteAccess(facts) ?? (site === undefined ? accountAccess : undefined);
}

/**
 * The permissions of all the roles together; roles that are not known give none. `permissions` are those of the site's own
 * roles, which never reach beyond the site, whatever its table holds.
 */
export function scopesOf(roles: readonly string[], permissions: readonly string[] = []): readonly string[] {
  const own = permissions.filter((permission) => (siteRoles.owner as readonly string[]).includes(permission));
  return [...new Set([...roles.filter(isSiteRole).flatMap((role) => siteRoles[role]), ...own])];
}

export function isSiteRole(role: string): role is SiteRole {
  return Object.hasOwn(siteRoles, role);
}
