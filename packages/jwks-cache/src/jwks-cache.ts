import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { fetchKeySet } from './fetch-key-set.ts';
import { loadKeyFile, saveKeyFile } from './key-file.ts';
import { type KeySet, type PublishedKey, readKeySet } from './key-set.ts';

export interface JwksCacheOptions {
  /** The issuer's JWKS document, http or https. */
  readonly url: string;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** A number in [0, 1), for the jitter. */
  readonly random?: () => number;
  /** Known keys are used for this long after the last good answer, whatever happens to the issuer. 24 hours. */
  readonly maxStaleMs?: number;
  /** Unknown kids cause at most one fetch in this time, however many requests bring them. 10 seconds. */
  readonly cooldownMs?: number;
  /** A request that takes longer is given up, body included. 3 seconds. */
  readonly timeoutMs?: number;
  /** A longer document is refused. 64 KiB. */
  readonly maxBytes?: number;
  /** Where the last good document is kept for the next start; not kept if absent. */
  readonly file?: string | undefined;
  readonly log?: JwksLog | undefined;
}

export interface JwksLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface JwksStatus {
  readonly url: string;
  readonly kids: readonly string[];
  /** There are keys, and the last good answer is younger than the hard cap. */
  readonly usable: boolean;
  /** The issuer's last good answer is older than it said it may be used without asking again. */
  readonly stale: boolean;
  /** Milliseconds since the last good answer; undefined before the first. */
  readonly ageMs: number | undefined;
  /** Why the last attempt failed; undefined when it did not. */
  readonly lastError: string | undefined;
  readonly fetches: number;
  readonly failures: number;
}

export interface JwksCache {
  /** Resolves when the disk copy and the first fetch are through, successful or not; never rejects. */
  readonly ready: Promise<void>;
  /** The key, if it is known and may still be used. Starts a refresh in the background when one is due. */
  find(kid: string): PublishedKey | undefined;
  /** Like find, but asks the issuer for an unknown kid unless that was done a moment ago. Never rejects. */
  lookUp(kid: string): Promise<PublishedKey | undefined>;
  /** False when no token can be verified at all: nothing was ever fetched, or the hard cap is over. */
  usable(): boolean;
  /** Asks the issuer now; concurrent calls share one request. Never rejects: see status. */
  refresh(): Promise<void>;
  status(): JwksStatus;
  close(): void;
}

const SECOND = 1_000;
/** Bounds of the freshness that an issuer can ask for; a refresh happens at half of it. */
const MAX_AGE_SECONDS = { min: 60, absent: 300, max: 86_400 } as const;
/** Without keys nothing works, so the issuer is asked again sooner. */
const BACKOFF_MS = { first: 500, withoutKeys: 5 * SECOND, withKeys: 60 * SECOND } as const;

/**
 * Public keys of one issuer, kept current in the background. No request ever waits for a refresh of keys that are known.
 * Throws RangeError or TypeError for unusable options; after that nothing here throws.
 */
export function createJwksCache(options: JwksCacheOptions): JwksCache {
  const url = checkedUrl(options.url);
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const maxStaleMs = checkedPositive('maxStaleMs', options.maxStaleMs ?? 86_400 * SECOND);
  const cooldownMs = checkedPositive('cooldownMs', options.cooldownMs ?? 10 * SECOND);
  const timeoutMs = checkedPositive('timeoutMs', options.timeoutMs ?? 3 * SECOND);
  const maxBytes = checkedPositive('maxBytes', options.maxBytes ?? 64 * 1024);
  const { fetch, file, log } = options;

  let keys: KeySet = new Map();
  let etag: string | undefined;
  let text = '';
  /** Set with the first keys, so that a finite value means that there are some. */
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let nextAttemptAt = Number.POSITIVE_INFINITY;
  let lastAttemptAt = Number.NEGATIVE_INFINITY;
  let lastMissAt = Number.NEGATIVE_INFINITY;
  let failuresInARow = 0;
  let lastError: string | undefined;
  let fetches = 0;
  let failures = 0;
  let inFlight: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const closing = new AbortController();

  const usable = () => now() - fetchedAt < maxStaleMs;

  function schedule(delayMs: number): void {
    nextAttemptAt = now() + delayMs;
    clearTimeout(timer);
    if (closing.signal.aborted) return;
    timer = setTimeout(refresh, delayMs);
    timer.unref();
  }

  async function attempt(): Promise<void> {
    const startedAt = now();
    lastAttemptAt = startedAt;
    fetches += 1;
    try {
      const answer = await fetchKeySet({ url, fetch, etag, signal: closing.signal, timeoutMs, maxBytes });
      const fetched = answer.text === undefined ? keys : await readKeySet(answer.text, keys);
      if (closing.signal.aborted) return;
      adopt(fetched, answer.text ?? text, startedAt);
      etag = answer.etag;
      succeeded(answer.maxAgeSeconds, startedAt);
      if (file !== undefined) await keep(file);
    } catch (error) {
      if (!closing.signal.aborted) failed(error);
    }
  }

  function adopt(next: KeySet, source: string, at: number): void {
    const gone = [...keys.keys()].filter((kid) => next.get(kid) !== keys.get(kid));
    const come = [...next.keys()].filter((kid) => next.get(kid) !== keys.get(kid));
    if (gone.length + come.length > 0) log?.info({ url, gone, come }, 'the issuer has other keys');
    keys = next;
    text = source;
    fetchedAt = at;
  }

  function succeeded(statedMaxAge: number | undefined, startedAt: number): void {
    const { min, absent, max } = MAX_AGE_SECONDS;
    const maxAgeMs = Math.min(max, Math.max(min, statedMaxAge ?? absent)) * SECOND;
    freshUntil = startedAt + maxAgeMs;
    failuresInARow = 0;
    lastError = undefined;
    // Jitter keeps many replicas from asking in step.
    schedule((maxAgeMs / 2) * (0.9 + 0.2 * random()));
  }

  function failed(error: unknown): void {
    failures += 1;
    failuresInARow += 1;
    lastError = describe(error);
    const ceiling = usable() ? BACKOFF_MS.withKeys : BACKOFF_MS.withoutKeys;
    const delayMs = Math.min(ceiling, BACKOFF_MS.first * 2 ** Math.min(failuresInARow - 1, 16));
    schedule(delayMs * (0.75 + 0.5 * random()));
    log?.warn({ url, reason: lastError, known: keys.size }, 'the keys of the issuer could not be fetched');
  }

  async function keep(path: string): Promise<void> {
    try {
      await saveKeyFile(path, { url, fetchedAt, text });
    } catch (error) {
      log?.warn({ url, reason: describe(error) }, 'the keys of the issuer could not be kept on disk');
    }
  }

  /** The copy is believed no longer than the answer that it was made of would have been. */
  async function restore(path: string): Promise<void> {
    const stored = await loadKeyFile(path, url, maxBytes);
    if (stored === undefined || stored.fetchedAt > now() || now() - stored.fetchedAt >= maxStaleMs) return;
    try {
      adopt(await readKeySet(stored.text, keys), stored.text, stored.fetchedAt);
    } catch (error) {
      log?.warn({ url, reason: describe(error) }, 'the copy of the keys on disk is not usable');
    }
  }

  function refresh(): Promise<void> {
    if (closing.signal.aborted) return Promise.resolve();
    inFlight ??= attempt().finally(() => {
      inFlight = undefined;
    });
    return inFlight;
  }

  function find(kid: string): PublishedKey | undefined {
    const at = now();
    // Timers sleep when the machine does, so use of the keys starts a refresh that is due as well.
    if (at >= nextAttemptAt) void refresh();
    return at - fetchedAt < maxStaleMs ? keys.get(kid) : undefined;
  }

  async function lookUp(kid: string): Promise<PublishedKey | undefined> {
    const known = find(kid);
    if (known !== undefined) return known;
    if (mayAskForMissing()) {
      lastMissAt = now();
      await refresh();
    } else {
      await inFlight;
    }
    return find(kid);
  }

  /** A flood of invented kids must not become a flood on the issuer, least of all on one that fails already. */
  function mayAskForMissing(): boolean {
    const since = now() - (failuresInARow === 0 ? lastMissAt : Math.max(lastMissAt, lastAttemptAt));
    return since >= cooldownMs || since < 0;
  }

  async function start(): Promise<void> {
    if (file !== undefined) await restore(file);
    await refresh();
  }

  return {
    ready: start(),
    find,
    lookUp,
    usable,
    refresh,
    status: () => ({
      url,
      kids: [...keys.keys()],
      usable: usable(),
      stale: now() >= freshUntil,
      ageMs: Number.isFinite(fetchedAt) ? Math.max(0, now() - fetchedAt) : undefined,
      lastError,
      fetches,
      failures,
    }),
    close: () => {
      closing.abort();
      clearTimeout(timer);
    },
  };
}

function checkedUrl(raw: string): string {
  const parsed = URL.canParse(raw) ? new URL(raw) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new TypeError('the JWKS URL must start with http:// or https://');
  }
  if (parsed.username !== '' || parsed.password !== '') throw new TypeError('the JWKS URL must not hold credentials');
  return raw;
}

function checkedPositive(name: string, value: number): number {
  if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${name} must be greater than 0`);
  return value;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
