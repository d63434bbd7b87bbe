import { GaiaError } from '../error.ts';
import { createDeadline } from '../http/deadline.ts';
import type { CallOptions, Http, HttpResponse } from '../http/http.ts';
import type { Runtime } from '../runtime.ts';
import type { Listeners } from '../session/listeners.ts';
import type { Session, SessionChange, SignInReason } from '../session/session.ts';
import type { TokenStorage } from '../session/storage.ts';
import { recordOf, sessionOf } from '../session/token-record.ts';
import type { TokenSession } from '../session/token-session.ts';
import type { SignIn } from './sign-in.ts';

export interface TokenSignInOptions {
  readonly http: Http;
  readonly runtime: Runtime;
  readonly storage: TokenStorage;
  readonly tokens: TokenSession;
  readonly listeners: Listeners<SessionChange>;
  readonly site: string | undefined;
  readonly timeoutMs: number;
}

export interface TokenSignIn extends SignIn {
  /** Takes a token response for the session. */
  take(response: HttpResponse, sentAt: number, reason: SignInReason): Promise<Session>;
}

export function createTokenSignIn(options: TokenSignInOptions): TokenSignIn {
  const { http, runtime, storage, tokens, listeners, site, timeoutMs } = options;

  /** Ends a session at the server. */
  async function endSession(refreshToken: string, callOptions?: CallOptions): Promise<void> {
    const json = { refresh_token: refreshToken };
    await http.call('POST', '/auth/logout', { ...callOptions, json, anonymous: true, repeatable: true });
  }

  async function take(response: HttpResponse, sentAt: number, reason: SignInReason): Promise<Session> {
    const record = recordOf(response, sentAt, runtime);
    const { refresh_grace_seconds: grace } = response.body as { refresh_grace_seconds?: unknown };
    if (storage.shared && grace === 0) {
      await endSession(record.refreshToken).catch(() => {});
      throw new GaiaError(
        'shared_storage_refused',
        'The server has REFRESH_GRACE_SECONDS=0, where a token that two tabs use ends the session: keep tokens in memory',
      );
    }
    const before = await tokens.begin(record, reason);
    if (before !== undefined) await endSession(before.refreshToken).catch(() => {});
    return sessionOf(record);
  }

  return {
    take,
    async signIn({ email, username, password }, callOptions) {
      const sentAt = runtime.now();
      const json = { email, username, password, site };
      const response = await http.call('POST', '/auth/login', { ...callOptions, json, anonymous: true });
      return { status: 'signed_in', session: await take(response, sentAt, 'sign_in') };
    },
    async signOut(callOptions) {
      const before = await tokens.end('sign_out');
      if (before !== undefined) await endSession(before.refreshToken, callOptions);
    },
    async session() {
      const record = await tokens.current();
      return record === undefined ? undefined : sessionOf(record);
    },
    onChange: listeners.add,
    async switchSite(to, callOptions = {}) {
      const deadline = createDeadline(runtime, callOptions.timeoutMs ?? timeoutMs, callOptions.signal);
      try {
        const record = await tokens.exchange(
          ({ accessToken, refreshToken, key }) =>
            http.call('POST', '/auth/switch', {
              ...callOptions,
              json: { site: to, refresh_token: refreshToken },
              headers: { authorization: `Bearer ${accessToken}`, 'idempotency-key': key },
              anonymous: true,
              repeatable: true,
            }),
          'switched_site',
          deadline,
        );
        return sessionOf(record);
      } finally {
        deadline.done();
      }
    },
  };
}
