/** What a rule can ask about an entry. */
export interface EntryFacts {
  readonly site: string;
  readonly author: string;
  readonly published: boolean;
  /** Whether its access class is one of the caller's (`classesOf`). */
  readonly granted: boolean;
}

export type TextAttribute = 'site' | 'author';

/**
 * A rule about entries, already bound to one caller: plain data, so that the same rule can decide about one entry in
 * memory (`holds`) and select entries in SQL (`conditionSql`). Neither knows anything that the other does not.
 */
export type Condition =
  | { readonly is: 'always' }
  | { readonly is: 'never' }
  | { readonly is: 'published' }
  | { readonly is: 'granted' }
  | { readonly is: 'oneOf'; readonly attribute: TextAttribute; readonly values: readonly string[] }
  | { readonly is: 'all'; readonly of: readonly Condition[] }
  | { readonly is: 'any'; readonly of: readonly Condition[] };

export const always: Condition = Object.freeze({ is: 'always' });
export const never: Condition = Object.freeze({ is: 'never' });
export const published: Condition = Object.freeze({ is: 'published' });
export const granted: Condition = Object.freeze({ is: 'granted' });

export function oneOf(attribute: TextAttribute, values: readonly string[]): Condition {
  return values.length === 0 ? never : { is: 'oneOf', attribute, values };
}

/** Holds where every part holds; without parts, always. */
export function all(...parts: readonly Condition[]): Condition {
  if (parts.some((part) => part.is === 'never')) return never;
  const left = parts.filter((part) => part.is !== 'always');
  return left.length === 0 ? always : left.length === 1 ? (left[0] as Condition) : { is: 'all', of: left };
}

/** Holds where one part holds; without parts, never. */
export function any(...parts: readonly Condition[]): Condition {
  if (parts.some((part) => part.is === 'always')) return always;
  const left = parts.filter((part) => part.is !== 'never');
  return left.length === 0 ? never : left.length === 1 ? (left[0] as Condition) : { is: 'any', of: left };
}

/** Whether a condition holds for an entry. */
export function holds(condition: Condition, facts: EntryFacts): boolean {
  switch (condition.is) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'published':
      return facts.published;
    case 'granted':
      return facts.granted;
    case 'oneOf':
      return condition.values.includes(facts[condition.attribute]);
    case 'all':
      return condition.of.every((part) => holds(part, facts));
    case 'any':
      return condition.of.some((part) => holds(part, facts));
  }
}

/** The condition as it stands when some facts are known already: what is left of it asks about the others only. */
export function given(condition: Condition, known: Partial<EntryFacts>): Condition {
  switch (condition.is) {
    case 'always':
    case 'never':
      return condition;
    case 'published':
    case 'granted': {
      const value = known[condition.is];
      return value === undefined ? condition : value ? always : never;
    }
    case 'oneOf': {
      const value = known[condition.attribute];
      return value === undefined ? condition : condition.values.includes(value) ? always : never;
    }
    case 'all':
      return all(...condition.of.map((part) => given(part, known)));
    case 'any':
      return any(...condition.of.map((part) => given(part, known)));
  }
}
