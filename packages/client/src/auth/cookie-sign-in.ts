import { GaiaError } from '../error.ts';
import type { CookieJar } from '../http/cookie-jar.ts';
import type { CallOptions, Credentials, Http } from '../http/http.ts';
import { createListeners } from '../session/listeners.ts';
import type { Session, SessionChange, SignInReason, SignOutReason, User } from '../session/session.ts';
import type { SignIn } from './sign-in.ts';

export interface CookieSignInOptions {
  /** Made with the credentials below. */
  http(): Http;
  /** On a server; in a browser the cookies are its own. */
  readonly jar: CookieJar | undefined;
  /** Told each Set-Cookie line. */
  readonly setCookie: ((line: string) => void) | undefined;
}

/** What `GET /session` tells. */
interface SessionBody {
  readonly authenticated: boolean;
  readonly user?: User;
  readonly site?: string;
  readonly scope?: string;
  readonly expires_at?: string;
  readonly csrf_token?: string;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const PATH = '/session';

/** A session that the gateway keeps, and refreshes: what is sent is its cookie, and the token that shows that this page may. */
export function createCookieSignIn({ http, jar, setCookie }: CookieSignInOptions): {
  signIn: SignIn;
  credentials: Credentials;
} {
  const listeners = createListeners<SessionChange>();
  let known: Session | undefined;
  let csrfToken: string | undefined;
  let asking: Promise<unknown> | undefined;

  function learn(body: SessionBody, reason: SignInReason, gone: SignOutReason): Session | undefined {
    const before = known;
    csrfToken = body.csrf_token ?? csrfToken;
    const { authenticated, user, site, scope, expires_at: endsAt } = body;
    known =
      authenticated && user !== undefined
        ? { user, site: site ?? null, scopes: (scope ?? '').split(' ').filter(Boolean), endsAt: new Date(endsAt ?? 0) }
        : undefined;
    if (known === undefined) {
      csrfToken = undefined;
      if (before !== undefined) listeners.tell({ status: 'signed_out', reason: gone });
    } else if (before?.user.id !== known.user.id || before.site !== known.site) {
      listeners.tell({ status: 'signed_in', reason, session: known });
    }
    return known;
  }

  async function ask(options?: CallOptions): Promise<Session | undefined> {
    const { body } = await http().call('GET', PATH, options);
    return learn(body as SessionBody, 'restored', 'session_ended');
  }

  function askOnce(): Promise<unknown> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  function needed(session: Session | undefined): Session {
    if (session === undefined) throw new GaiaError('unexpected_response', 'The response tells of no session');
    return session;
  }

  const signIn: SignIn = {
    async signIn({ email, username, password, remember }, options) {
      const json = { email, username, password, remember };
      const { body } = await http().call('POST', PATH, { ...options, json, anonymous: true });
      return { status: 'signed_in', session: needed(learn(body as SessionBody, 'sign_in', 'sign_out')) };
    },
    async signOut(options) {
      learn({ authenticated: false }, 'restored', 'sign_out');
      await http().call('DELETE', PATH, { ...options, anonymous: true, repeatable: true });
    },
    session: ask,
    onChange: listeners.add,
    async switchSite(site, options) {
      const { body } = await http().call('POST', '/session/site', { ...options, json: { site } });
      return needed(learn(body as SessionBody, 'switched_site', 'session_ended'));
    },
  };

  const credentials: Credentials = {
    cookies: 'same-origin',
    always() {
      const cookie = jar?.header();
      return cookie === undefined ? {} : { cookie };
    },
    async headers(method, deadline) {
      if (safeMethods.has(method)) return {};
      if (csrfToken === undefined) await deadline.race(askOnce());
      return csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken };
    },
    async refused({ code, status }, sent) {
      if (code === 'csrf_token_missing' || code === 'csrf_token_invalid') {
        // Another call may have got another token meanwhile.
        if (csrfToken === sent['x-csrf-token']) csrfToken = undefined;
        return true;
      }
      if (status === 401 && code.startsWith('token_')) learn({ authenticated: false }, 'restored', 'session_ended');
      return false;
    },
    received(headers) {
      csrfToken = headers.get('x-csrf-token') ?? csrfToken;
      for (const line of headers.getSetCookie?.() ?? []) {
        jar?.take(line);
        setCookie?.(line);
      }
    },
  };
  return { signIn, credentials };
}
