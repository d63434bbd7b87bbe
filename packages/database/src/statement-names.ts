/** Names for prepared statements: a statement that has one is parsed and planned once a connection. */
export interface StatementNames {
  /** The name of a text, or undefined: run it without one. */
  nameOf(text: string): string | undefined;
  /** Gives a text another name: the plans under its old one are of no use any more. */
  renew(text: string): void;
}

const USES_BEFORE_NAMED = 3;
const LONGEST_TEXT = 10_000;

/**
 * Every connection keeps every named statement until it ends, so at most `limit` texts get a name, and a text only when it
 * comes back: lists of varying length make texts that never do.
 */
export function createStatementNames(limit = 400): StatementNames {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();
  let counter = 0;
  const give = (text: string): string => {
    counter += 1;
    const name = `gaia_${counter}`;
    names.set(text, name);
    return name;
  };
  return {
    nameOf: (text) => {
      const known = names.get(text);
      if (known !== undefined) return known;
      if (names.size >= limit || text.length > LONGEST_TEXT) return undefined;
      const used = (uses.get(text) ?? 0) + 1;
      if (used >= USES_BEFORE_NAMED) {
        uses.delete(text);
        return give(text);
      }
      if (uses.size >= limit) uses.clear();
      uses.set(text, used);
      return undefined;
    },
    renew: (text) => {
      if (names.has(text)) give(text);
    },
  };
}
