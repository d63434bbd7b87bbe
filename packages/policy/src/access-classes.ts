import { type AccessClass, fixedClasses } from './access-rule.ts';
import { type Caller, isForeign } from './caller.ts';

/** The access classes of a caller: built-in ones, and those of roles and products. */
export interface Grants {
  /** Numbers of the classes without names. */
  readonly fixed: readonly number[];
  /** Whose roles and products open further classes; undefined if none do. */
  readonly holder: { readonly subject: string; readonly roles: readonly string[] } | undefined;
}

/** The one statement of who is in which class; `classesOf` and `callerClassesSql` carry it out. */
export function grantsOf(caller: Caller, site: string): Grants {
  if (isForeign(caller, site)) return { fixed: [], holder: undefined };
  if (!caller?.scopes.includes('content:read')) return { fixed: [fixedClasses.public], holder: undefined };
  return {
    fixed: [fixedClasses.public, fixedClasses.members],
    holder: { subject: caller.subject, roles: caller.roles },
  };
}

/**
 * Numbers of the classes that a caller is in. `classes` are the named ones of the site, `products` those that the
 * caller holds there.
 */
export function classesOf(
  caller: Caller,
  site: string,
  classes: Iterable<AccessClass>,
  products: readonly string[],
): number[] {
  const { fixed, holder } = grantsOf(caller, site);
  if (holder === undefined) return [...fixed];
  const held = { roles: holder.roles, products };
  const named = [...classes].filter(({ kind, names }) => names.some((name) => held[kind].includes(name)));
  return [...fixed, ...named.map(({ id }) => id)];
}
