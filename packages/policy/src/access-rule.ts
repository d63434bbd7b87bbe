/**
 * To whom a published entry is open: everybody, the members of its site, those who have one of some roles, those who
 * hold one of some products, or only its author and users who edit all content.
 */
export const visibilities = ['public', 'members', 'roles', 'author', 'products'] as const;
export type Visibility = (typeof visibilities)[number];

/** The kinds of rules that name something; the others are the same in every site. */
export type NamingVisibility = Extract<Visibility, 'roles' | 'products'>;

/** A rule in its one normal form: names sorted, each once; without names where the visibility takes none. */
export interface AccessRule {
  readonly visibility: Visibility;
  readonly names: readonly string[];
}

/** A rule that was given a number in its site. It never changes, and its number is never used again. */
export interface AccessClass {
  readonly id: number;
  readonly kind: NamingVisibility;
  readonly names: readonly string[];
}

/** Numbers of the rules without names, in every site. */
export const fixedClasses = Object.freeze({ public: 1, members: 2, author: 3 });
/** Numbers of a site's other rules start here. */
export const FIRST_NAMED_CLASS = 16;

export function accessRule(visibility: Visibility, names: readonly string[] = []): AccessRule {
  return { visibility, names: takesNames(visibility) ? [...new Set(names)].toSorted() : [] };
}

export function takesNames(visibility: Visibility): visibility is NamingVisibility {
  return visibility === 'roles' || visibility === 'products';
}

export function sameRule(one: AccessRule, other: AccessRule): boolean {
  return (
    one.visibility === other.visibility &&
    one.names.length === other.names.length &&
    one.names.every((name, index) => name === other.names[index])
  );
}
