import { insufficientScope } from '@gaia/token-guard/problems';
import type { Identity } from '@gaia/tokens/identity';
import type { Scope } from '@gaia/tokens/scopes';
import { problem } from '../errors.ts';

/** What these rules need to know of who makes a request. */
export type Caller = Pick<Identity, 'subject' | 'site' | 'roles' | 'scopes'>;

export function isAdministrator(caller: Caller): boolean {
  return caller.scopes.includes('sites:manage');
}

/** Refuses callers without any of the permissions (RFC 6750 §3.1): 403 insufficient_scope. */
export function requireAnyScope(caller: Caller, ...scopes: readonly [Scope, ...Scope[]]): void {
  if (scopes.some((scope) => caller.scopes.includes(scope))) return;
  throw insufficientScope([scopes[0]]);
}

/** A token is for one site: managing users there says nothing about other sites. 403 insufficient_scope, forbidden. */
export function requireUserManager(caller: Caller, site: string): void {
  requireAnyScope(caller, 'users:manage', 'sites:manage');
  if (!isAdministrator(caller) && caller.site !== site) throw problem('forbidden');
}

/** Nobody gives or takes what they do not have themselves on a site: 403 forbidden. */
export function requireHolds(caller: Caller, permissions: readonly string[]): void {
  if (isAdministrator(caller)) return;
  if (!permissions.every((permission) => caller.scopes.includes(permission))) throw problem('forbidden');
}
