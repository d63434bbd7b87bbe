/** A bounded map with whole tokens as keys. It holds successes only, so a flood of forged tokens cannot touch it. */
export interface VerifiedTokens<T> {
  get(token: string): T | undefined;
  set(token: string, entry: T): void;
  delete(token: string): void;
  size(): number;
}

/**
 * Two generations: when the younger is full it becomes the older, and the older is forgotten. What is used again moves
 * to the younger. That keeps live tokens at the price of one Map look-up, without the bookkeeping of an exact order.
 */
export function createVerifiedTokens<T>(limit: number): VerifiedTokens<T> {
  const half = Math.ceil(limit / 2);
  let younger = new Map<string, T>();
  let older = new Map<string, T>();

  function set(token: string, entry: T): void {
    if (younger.size >= half) {
      older = younger;
      younger = new Map();
    }
    younger.set(token, entry);
  }

  function get(token: string): T | undefined {
    const entry = younger.get(token);
    if (entry !== undefined) return entry;
    const aged = older.get(token);
    if (aged === undefined) return undefined;
    older.delete(token);
    set(token, aged);
    return aged;
  }

  return {
    get,
    set,
    delete: (token) => {
      younger.delete(token);
      older.delete(token);
    },
    size: () => younger.size + older.size,
  };
}
