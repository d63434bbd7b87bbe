import { classesOf } from './access-classes.ts';
import { type AccessClass, type AccessRule, fixedClasses } from './access-rule.ts';
import { type Caller, isForeign } from './caller.ts';
import { holds } from './condition.ts';
import { readable, workingCopyReadable } from './visibility.ts';

/** Which rule decides about an entry for a caller. */
export type Reason =
  | 'other_site'
  | 'edits_all'
  | 'is_author'
  | 'not_published'
  | 'public'
  | 'member'
  | 'has_role'
  | 'holds_product'
  | 'anonymous'
  | 'not_permitted'
  | 'only_author'
  | 'no_role'
  | 'no_product';

export interface Explanation {
  readonly visible: boolean;
  /** The copy that the caller is shown. */
  readonly copy: 'working' | 'published' | undefined;
  readonly reason: Reason;
  /** Of the names in the rule, those by which the caller gets in. */
  readonly by: readonly string[];
}

export interface Explained {
  readonly site: string;
  readonly author: string;
  readonly published: boolean;
  readonly accessClass: number;
  readonly rule: AccessRule;
}

/**
 * Why a caller sees an entry, or does not. `visible` is what `readable` decides; the reason is worked out beside it
 * for people to read. `products` are those that the caller holds on the site.
 */
export function explain(caller: Caller, entry: Explained, products: readonly string[]): Explanation {
  const { site, rule } = entry;
  const named: AccessClass[] =
    rule.visibility === 'roles' || rule.visibility === 'products'
      ? [{ id: entry.accessClass, kind: rule.visibility, names: rule.names }]
      : [];
  const granted = classesOf(caller, site, named, products).includes(entry.accessClass);
  const facts = { ...entry, granted };
  const working = holds(workingCopyReadable(caller, site), facts);
  const visible = holds(readable(caller, site), facts);
  const held = rule.visibility === 'products' ? products : (caller?.roles ?? []);
  return {
    visible,
    copy: working ? 'working' : visible ? 'published' : undefined,
    reason: reasonOf(caller, entry, { working, granted }),
    by: granted && !working ? rule.names.filter((name) => held.includes(name)) : [],
  };
}

function reasonOf(caller: Caller, entry: Explained, is: { working: boolean; granted: boolean }): Reason {
  if (isForeign(caller, entry.site)) return 'other_site';
  if (is.working) return caller?.scopes.includes('content:edit') ? 'edits_all' : 'is_author';
  if (!entry.published) return 'not_published';
  const { visibility } = entry.rule;
  if (is.granted) {
    return (
      {
        public: 'public',
        members: 'member',
        roles: 'has_role',
        products: 'holds_product',
        author: 'is_author',
      } as const
    )[visibility];
  }
  if (entry.accessClass === fixedClasses.author) return 'only_author';
  if (caller === undefined) return 'anonymous';
  if (!caller.scopes.includes('content:read')) return 'not_permitted';
  return visibility === 'roles' ? 'no_role' : 'no_product';
}
