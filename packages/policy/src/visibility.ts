import type { Identity } from '@gaia/tokens/identity';
import { all, any, type Condition, type EntryFacts, holds, never, oneOf, published } from './condition.ts';

/** To whom a published entry is open: everybody, or the members of its site. */
export const visibilities = ['public', 'members'] as const;
export type Visibility = (typeof visibilities)[number];

/** What the policy needs to know of a caller; `undefined` stands for somebody who sent no token. */
export type Caller = Pick<Identity, 'subject' | 'site' | 'scopes'> | undefined;

/** Entries of a site that a caller may read, in the published or in the working copy. */
export function readable(caller: Caller, site: string): Condition {
  if (foreign(caller, site)) return never;
  const open: Visibility[] = caller?.scopes.includes('content:read') ? ['public', 'members'] : ['public'];
  return all(oneOf('site', [site]), any(all(published, oneOf('visibility', open)), workingCopyReadable(caller, site)));
}

/** Entries whose working copy (draft) a caller may read: all for who edits everyone's, else one's own. */
export function workingCopyReadable(caller: Caller, site: string): Condition {
  if (caller === undefined || foreign(caller, site)) return never;
  const here = oneOf('site', [site]);
  return caller.scopes.includes('content:edit') ? here : all(here, oneOf('author', [caller.subject]));
}

/** Entries whose working copy a caller may change. */
export function editable(caller: Caller, site: string): Condition {
  if (caller === undefined || foreign(caller, site)) return never;
  const here = oneOf('site', [site]);
  if (caller.scopes.includes('content:edit')) return here;
  return caller.scopes.includes('content:write') ? all(here, oneOf('author', [caller.subject])) : never;
}

/** Whether a caller may read one entry of a site: the same rule as `readable` in SQL. */
export function visible(caller: Caller, site: string, facts: EntryFacts): boolean {
  return holds(readable(caller, site), facts);
}

/** A token is good for its own site only; a token without a site is good for none. */
function foreign(caller: Caller, site: string): boolean {
  return caller !== undefined && caller.site !== site;
}
