import type { Identity } from '@gaia/tokens/identity';

/** The part of an identity that the policy needs; `undefined`: anonymous. */
export type Caller = Pick<Identity, 'subject' | 'site' | 'scopes' | 'roles'> | undefined;

/** A token is good for its own site only; a token without a site is good for none. */
export function isForeign(caller: Caller, site: string): boolean {
  return caller !== undefined && caller.site !== site;
}
