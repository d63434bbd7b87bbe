export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What the client takes from where it runs. Given otherwise only in tests. */
export interface Runtime {
  readonly fetch: Fetch;
  /** Milliseconds since the epoch, by a clock that may be wrong. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** 256 random bits, base64url. */
  randomKey(): string;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

export function defaultRuntime(): Runtime {
  return {
    // Called as a function of its global object: browsers refuse it otherwise.
    fetch: (url, init) => globalThis.fetch(url, init),
    now: () => Date.now(),
    random: () => Math.random(),
    randomKey: () => base64url(crypto.getRandomValues(new Uint8Array(32))),
    setTimeout: (callback, milliseconds) => globalThis.setTimeout(callback, milliseconds),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as Parameters<typeof globalThis.clearTimeout>[0]),
  };
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
