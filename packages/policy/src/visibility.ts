import { type Caller, isForeign } from './caller.ts';
import { all, any, type Condition, type EntryFacts, granted, holds, never, oneOf, published } from './condition.ts';

export type { Caller } from './caller.ts';

/** Entries of a site that a caller may read, in the published or in the working copy. */
export function readable(caller: Caller, site: string): Condition {
  if (isForeign(caller, site)) return never;
  return all(oneOf('site', [site]), any(all(published, granted), workingCopyReadable(caller, site)));
}

/** Entries whose working copy (draft) a caller may read: all for who edits everyone's, else one's own. */
export function workingCopyReadable(caller: Caller, site: string): Condition {
  if (caller === undefined || isForeign(caller, site)) return never;
  const here = oneOf('site', [site]);
  return caller.scopes.includes('content:edit') ? here : all(here, oneOf('author', [caller.subject]));
}

/** Entries whose working copy a caller may change. */
export function editable(caller: Caller, site: string): Condition {
  if (caller === undefined || isForeign(caller, site)) return never;
  const here = oneOf('site', [site]);
  if (caller.scopes.includes('content:edit')) return here;
  return caller.scopes.includes('content:write') ? all(here, oneOf('author', [caller.subject])) : never;
}

/** Whether a caller may read one entry of a site: the same rule as `readable` in SQL. */
export function visible(caller: Caller, site: string, facts: EntryFacts): boolean {
  return holds(readable(caller, site), facts);
}
