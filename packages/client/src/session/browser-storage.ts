import type { TokenStorage } from './storage.ts';

/** The part of `localStorage` and `sessionStorage` that is used. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the tokens in `localStorage`, for all tabs of the origin and over reloads.
 *
 * Every script that runs in the page can read them there: one cross-site-scripting fault, also of a library, gives the
 * session away for as long as it lives. On a site's own host cookie mode has not got this weakness.
 */
export function browserStorage({
  key = 'gaia',
  storage = globalThis.localStorage,
}: {
  key?: string;
  storage?: WebStorage;
} = {}): TokenStorage {
  return {
    shared: true,
    read: () => storage.getItem(key),
    // Nothing of another tab runs within one task that uses a storage area.
    replace(expected, next) {
      if (storage.getItem(key) !== expected) return false;
      if (next === null) storage.removeItem(key);
      else storage.setItem(key, next);
      return true;
    },
    subscribe(listener) {
      const onStorage = (event: Event) => {
        const changed = (event as Event & { readonly key: string | null }).key;
        // Null: all keys were removed.
        if (changed === key || changed === null) listener();
      };
      const page = globalThis as unknown as EventTarget;
      page.addEventListener('storage', onStorage);
      return () => page.removeEventListener('storage', onStorage);
    },
  };
}
