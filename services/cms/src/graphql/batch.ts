/**
 * Gathers the keys that are asked for while one step of a query is worked out, and loads them together, each once.
 * A value that could not be loaded is an Error, thrown to those who asked for it.
 */
export function createBatch<T>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T | Error>>,
): (key: string) => Promise<T | undefined> {
  const known = new Map<string, Promise<T | undefined>>();
  let waiting: { keys: string[]; result: Promise<ReadonlyMap<string, T | Error>> } | undefined;

  function gather(key: string): Promise<ReadonlyMap<string, T | Error>> {
    if (waiting === undefined) {
      const keys: string[] = [];
      // After the jobs that are queued already: those are the resolvers of the other items.
      const result = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        waiting = undefined;
        return load(keys);
      });
      waiting = { keys, result };
    }
    waiting.keys.push(key);
    return waiting.result;
  }

  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = gather(key).then((values) => {
      const found = values.get(key);
      if (found instanceof Error) throw found;
      return found;
    });
    known.set(key, value);
    return value;
  };
}
