import DataLoader from 'dataloader';

/**
 * Loads keys that are asked for within one step of a query together, and each once a request. A value that could not be
 * loaded is an Error, thrown to those who asked for it.
 */
export function keyLoader<T>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, T | Error>>,
): (key: string) => Promise<T | undefined> {
  const loader = new DataLoader<string, T | undefined>(async (keys) => {
    const values = await load(keys);
    return keys.map((key) => values.get(key));
  });
  return (key) => loader.load(key);
}
