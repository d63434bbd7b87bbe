import { GaiaError } from '../error.ts';
import type { HttpResponse } from '../http/http.ts';
import type { Runtime } from '../runtime.ts';
import type { Session, User } from './session.ts';

/** The tokens of a session as they are kept. Times in milliseconds since the epoch, by the server's clock. */
export interface TokenRecord {
  readonly accessToken: string;
  readonly expiresAt: number;
  /** Of the access token, in milliseconds. */
  readonly lifetime: number;
  /** What is added to the own clock to get the server's. */
  readonly skew: number;
  readonly refreshToken: string;
  /**
   * Idempotency key of the refresh token's one use, made and kept before it is used: however often a refresh is sent, and by
   * whichever tab, it carries the same key, and the server takes it for one.
   */
  readonly key: string;
  readonly endsAt: number;
  readonly scope: string;
  readonly site: string | null;
  readonly user: User;
}

/** Responses that took longer say little about the time when they were made. */
const TIMELY_MS = 10_000;
/** Part of an access token's life at the end of which it is replaced, and what a tab may add to that. */
const LEAD = 0.1;
const LEAD_JITTER = 0.1;

/** Reads a token response (RFC 6749 §5.1) to a request that was sent at `sentAt`. */
export function recordOf(
  { status, headers, body }: HttpResponse,
  sentAt: number,
  runtime: Runtime,
  before?: TokenRecord,
): TokenRecord {
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    ...rest
  } = (body ?? {}) as Record<string, unknown>;
  const { session_expires_in: sessionExpiresIn, scope, user } = rest;
  if (
    typeof accessToken !== 'string' ||
    typeof refreshToken !== 'string' ||
    typeof expiresIn !== 'number' ||
    typeof user !== 'object' ||
    user === null
  ) {
    throw new GaiaError('unexpected_response', 'The response holds no tokens', { status });
  }
  const skew = skewOf(headers.get('date'), sentAt, runtime.now()) ?? before?.skew ?? 0;
  const now = runtime.now() + skew;
  return {
    accessToken,
    expiresAt: now + expiresIn * 1_000,
    lifetime: expiresIn * 1_000,
    skew,
    refreshToken,
    key: runtime.randomKey(),
    endsAt: now + (typeof sessionExpiresIn === 'number' ? sessionExpiresIn : expiresIn) * 1_000,
    scope: typeof scope === 'string' ? scope : '',
    site: siteOf(accessToken),
    user: user as User,
  };
}

/** Server's clock minus this one, by the `Date` of a timely response; undefined where that does not tell. */
function skewOf(date: string | null, sentAt: number, receivedAt: number): number | undefined {
  const taken = receivedAt - sentAt;
  const at = Date.parse(date ?? '');
  // The header's second has begun up to a second ago.
  return taken >= 0 && taken < TIMELY_MS && Number.isFinite(at) ? at + 500 - sentAt - taken / 2 : undefined;
}

/** The site that an access token is for. Read for show only: who takes the token verifies it. */
function siteOf(accessToken: string): string | null {
  try {
    const text = atob((accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    const { site } = JSON.parse(text) as { site?: unknown };
    return typeof site === 'string' ? site : null;
  } catch {
    return null;
  }
}

/** Whether it is too early for another access token. `jitter`, below 1, lets tabs refresh one after the other. */
export function isFresh(record: TokenRecord, now: number, jitter: number): boolean {
  return now + record.skew < record.expiresAt - record.lifetime * (LEAD + LEAD_JITTER * jitter);
}

export function isInTime(record: TokenRecord, now: number): boolean {
  return now + record.skew < record.expiresAt;
}

export function sessionOf({ user, site, scope, endsAt }: TokenRecord): Session {
  return { user, site, scopes: scope.split(' ').filter(Boolean), endsAt: new Date(endsAt) };
}

/** The record in a text that `textOf` made; undefined for anything else. */
export function readRecord(text: string | null): TokenRecord | undefined {
  try {
    const { v, ...record } = JSON.parse(text ?? 'null') as TokenRecord & { v: number };
    return v === 1 && typeof record.refreshToken === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

export function textOf(record: TokenRecord): string {
  return JSON.stringify({ v: 1, ...record });
}
