/** Names of prepared statements: a named statement is parsed and planned once a connection. */
export interface PreparedStatements {
  /** Undefined: run the statement unprepared. */
  nameOf(text: string): string | undefined;
  /** Gives the text a new name, because the plans of the old one are outdated. */
  replace(text: string): void;
}

const USES_BEFORE_NAMED = 3;
const LONGEST_TEXT = 10_000;

/**
 * A connection keeps every named statement until it ends, so at most `limit` texts get a name, and only texts that recur: lists of
 * varying length make texts that do not.
 */
export function createPreparedStatements(limit = 400): PreparedStatements {
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
    replace: (text) => {
      if (names.has(text)) give(text);
    },
  };
}
