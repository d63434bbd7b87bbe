import { ADMINISTRATOR_ROLE, type Scope, scopes, siteRoles } from '@gaia/tokens/scopes';

/** Syntax of a role's name, built-in or not. */
export const ROLE_NAME_PATTERN = '^[a-z][a-z0-9-]{0,30}[a-z0-9]$';

const roleName = new RegExp(ROLE_NAME_PATTERN);

/** Whether a site can give this name to a role of its own. */
export function isOwnRoleName(name: string): boolean {
  return roleName.test(name) && !Object.hasOwn(siteRoles, name) && name !== ADMINISTRATOR_ROLE;
}

/** What a role of a site can be made of: everything that its owner may do, and nothing of the installation. */
export const sitePermissions: readonly Scope[] = Object.freeze(
  (Object.keys(scopes) as Scope[]).filter((scope) => (siteRoles.owner as readonly string[]).includes(scope)),
);
