import { GaiaError, isGaiaError } from '../error.ts';
import { createDeadline, type Deadline } from '../http/deadline.ts';
import type { HttpResponse } from '../http/http.ts';
import type { Runtime } from '../runtime.ts';
import { type SessionChange, type SignInReason, type SignOutReason, signOutReasonOf } from './session.ts';
import type { TokenStorage } from './storage.ts';
import { isFresh, isInTime, readRecord, recordOf, sessionOf, type TokenRecord, textOf } from './token-record.ts';

export interface TokenSessionOptions {
  readonly runtime: Runtime;
  readonly storage: TokenStorage;
  /** Sends one refresh. */
  readonly sendRefresh: (refreshToken: string, key: string, deadline: Deadline) => Promise<HttpResponse>;
  readonly onChange: (change: SessionChange) => void;
}

/** The tokens of one session: kept, refreshed, and shared with other tabs. */
export interface TokenSession {
  /** What is there, as far as this tab knows. */
  current(): Promise<TokenRecord | undefined>;
  /** Tokens with an access token that is in time; undefined while signed out. Throws where that cannot be found out. */
  usable(deadline: Deadline): Promise<TokenRecord | undefined>;
  /** Other tokens of the same session than those with an access token that was refused; undefined where there are none. */
  replaced(accessToken: string, deadline: Deadline): Promise<TokenRecord | undefined>;
  /** Takes tokens for the session's, whatever was there; what was there. */
  begin(record: TokenRecord, reason: SignInReason): Promise<TokenRecord | undefined>;
  /**
   * Trades the tokens for others in another way than by a refresh. Throws signed_out while signed out, and what
   * `send` throws.
   */
  exchange(
    send: (used: TokenRecord) => Promise<HttpResponse>,
    reason: SignInReason,
    deadline: Deadline,
  ): Promise<TokenRecord>;
  /** Forgets the session; what was there. */
  end(reason: SignOutReason): Promise<TokenRecord | undefined>;
}

/** How long one attempt of a refresh may take, and how long attempts go on. */
const ATTEMPT_MS = 10_000;
const REFRESH_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * There is no lock between tabs: a lock outlives the tab that hangs. Each tab reads the storage before it sends, so that it
 * uses what another has got meanwhile; tabs that send at the same time send the same token with the same key, and the
 * server gives all of them the same successor.
 */
export function createTokenSession({ runtime, storage, sendRefresh, onChange }: TokenSessionOptions): TokenSession {
  const jitter = runtime.random();
  let known: TokenRecord | undefined;
  let isRead = false;
  let refreshing: Promise<TokenRecord | undefined> | undefined;

  /** Makes what the storage holds that of this tab. */
  async function read(
    reason: SignInReason = 'other_tab',
    gone: SignOutReason = 'other_tab',
  ): Promise<{ text: string | null; record: TokenRecord | undefined }> {
    const text = await storage.read();
    const record = readRecord(text);
    const before = known;
    known = record;
    isRead = true;
    if (record === undefined) {
      if (before !== undefined) onChange({ status: 'signed_out', reason: gone });
    } else if (before?.user.id !== record.user.id || before.site !== record.site) {
      onChange({ status: 'signed_in', reason, session: sessionOf(record) });
    }
    return { text, record };
  }

  async function current(): Promise<TokenRecord | undefined> {
    return isRead ? known : (await read('restored')).record;
  }

  async function put(next: TokenRecord | undefined): Promise<TokenRecord | undefined> {
    for (;;) {
      const text = await storage.read();
      if (!(await storage.replace(text, next === undefined ? null : textOf(next)))) continue;
      known = next;
      isRead = true;
      return readRecord(text);
    }
  }

  /** One refresh, however often it has to be sent. */
  async function refresh(deadline: Deadline): Promise<TokenRecord | undefined> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const used = known;
      const { text, record } = await read();
      if (record === undefined) return undefined;
      // Another tab was faster.
      if (record.refreshToken !== used?.refreshToken && isInTime(record, runtime.now())) return record;
      const attempt = createDeadline(runtime, ATTEMPT_MS);
      try {
        const sentAt = runtime.now();
        const response = await sendRefresh(record.refreshToken, record.key, attempt);
        const next = recordOf(response, sentAt, runtime, record);
        if (!(await storage.replace(text, textOf(next)))) return (await read()).record;
        known = next;
        onChange({ status: 'signed_in', reason: 'refreshed', session: sessionOf(next) });
        return next;
      } catch (error) {
        if (isRefused(error)) return await refused(error, text);
        if (!isPassing(error) || deadline.remaining() < pause) throw error;
        await deadline.sleep(Math.max(pause * (0.5 + runtime.random() / 2), retryAfterMs(error)));
      } finally {
        attempt.done();
      }
    }
  }

  async function trade(send: (used: TokenRecord) => Promise<HttpResponse>, reason: SignInReason): Promise<TokenRecord> {
    const { text, record } = await read();
    if (record === undefined) throw signedOut();
    const sentAt = runtime.now();
    const next = recordOf(await send(record), sentAt, runtime, record);
    if (await storage.replace(text, textOf(next))) {
      known = next;
      onChange({ status: 'signed_in', reason, session: sessionOf(next) });
      return next;
    }
    const other = (await read()).record;
    if (other === undefined) throw signedOut();
    return other;
  }

  /** The refresh token was refused: the session has ended, unless another tab has a newer one. */
  async function refused(error: GaiaError, text: string | null): Promise<TokenRecord | undefined> {
    if (!(await storage.replace(text, null))) return (await read()).record;
    const reason = signOutReasonOf(error.details.cause);
    known = undefined;
    onChange({ status: 'signed_out', reason });
    return undefined;
  }

  function refreshOnce(): Promise<TokenRecord | undefined> {
    if (refreshing === undefined) {
      const deadline = createDeadline(runtime, REFRESH_MS);
      refreshing = deadline.race(refresh(deadline)).finally(() => {
        deadline.done();
        refreshing = undefined;
      });
    }
    return refreshing;
  }

  storage.subscribe?.(() => {
    // Storage that cannot be read is found out by the next call.
    read().catch(() => {});
  });

  return {
    current,
    async usable(deadline) {
      const record = await current();
      if (record === undefined || isFresh(record, runtime.now(), jitter)) return record;
      if (!isInTime(record, runtime.now())) return deadline.race(refreshOnce());
      // Ahead of the end, beside the request: what goes wrong here is tried again when it matters.
      refreshOnce().catch(() => {});
      return record;
    },
    async replaced(accessToken, deadline) {
      const record = await current();
      if (record === undefined) return undefined;
      const next = record.accessToken === accessToken ? await deadline.race(refreshOnce()) : record;
      // Another tab may have signed another user in: a request of one user is not sent again as another.
      return next?.user.id === record.user.id ? next : undefined;
    },
    async exchange(send, reason, deadline) {
      for (;;) {
        if ((await this.usable(deadline)) === undefined) throw signedOut();
        // Whatever wants other tokens meanwhile waits for these.
        if (refreshing === undefined) break;
        await deadline.race(refreshing).catch(() => {});
      }
      const exchanged = trade(send, reason);
      const asRefresh = exchanged.finally(() => {
        refreshing = undefined;
      });
      asRefresh.catch(() => {});
      refreshing = asRefresh;
      return deadline.race(exchanged);
    },
    async begin(record, reason) {
      const before = await put(record);
      onChange({ status: 'signed_in', reason, session: sessionOf(record) });
      return before;
    },
    async end(reason) {
      const before = await put(undefined);
      if (before !== undefined) onChange({ status: 'signed_out', reason });
      return before;
    },
  };
}

export function signedOut(): GaiaError<'signed_out'> {
  return new GaiaError('signed_out', 'Nobody is signed in');
}

/** Whether auth has refused the token; a 401 of something on the way says nothing of it. */
function isRefused(error: unknown): error is GaiaError {
  return error instanceof GaiaError && error.status === 401 && error.code.startsWith('token_');
}

/** Whether the same may succeed later. */
function isPassing(error: unknown): boolean {
  if (!isGaiaError(error)) return false;
  const { code, status } = error;
  return code === 'network_error' || code === 'timeout' || status === 429 || status >= 500;
}

function retryAfterMs(error: unknown): number {
  return isGaiaError(error) ? (error.retryAfter ?? 0) * 1_000 : 0;
}
