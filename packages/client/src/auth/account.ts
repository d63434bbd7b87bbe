import type { CallOptions, Http } from '../http/http.ts';
import type { User } from '../session/session.ts';

export interface Registration {
  readonly email: string;
  readonly name?: string;
  readonly username?: string;
}

/** The token of a mailed link, and what a new user chooses with it. */
export interface LinkAnswer {
  readonly token: string;
  readonly password?: string;
  readonly name?: string;
  readonly username?: string;
}

/** What a mailed link is for. */
export interface LinkDetails {
  readonly email: string;
  readonly site: string | null;
  readonly site_name: string | null;
  /** Without an account a password is chosen with the link. */
  readonly has_account: boolean;
  readonly name: string;
  readonly username: string | null;
}

export interface Me extends User {
  readonly site: string | null;
  readonly roles: readonly string[];
  readonly scope: string;
  /** All sites of the user. */
  readonly sites: readonly { readonly id: string; readonly name: string; readonly roles: readonly string[] }[];
}

/** One session of the user, of any device. */
export interface UserSession {
  readonly id: string;
  readonly device: string;
  readonly user_agent: string;
  readonly address: string;
  readonly site: string | null;
  readonly client_id: string;
  readonly amr: readonly string[];
  readonly created_at: string;
  readonly last_used_at: string;
  readonly ends_at: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

/** The kinds of links whose details can be asked for. */
type LinkKind = 'verify' | 'reset' | 'invitation' | 'email-change';

/** What users do with their account, before and while they are signed in. */
export interface Account {
  /** Registers at the site; the link in the mail goes on. The result is the same whether there is an account. Throws registration_closed. */
  register(registration: Registration, options?: CallOptions): Promise<void>;
  /** Uses the link of a registration or verification. Throws link_invalid, link_expired, password_required, password_too_weak. */
  confirm(answer: LinkAnswer, options?: CallOptions): Promise<{ readonly email: string; readonly site: string | null }>;
  /** Accepts an invitation; throws as confirm. */
  acceptInvitation(
    answer: LinkAnswer,
    options?: CallOptions,
  ): Promise<{ readonly email: string; readonly site: string }>;
  /** What a link is for; uses nothing up. */
  linkDetails(kind: LinkKind, token: string, options?: CallOptions): Promise<LinkDetails>;
  /** Asks for a mail to set a new password. */
  forgotPassword(email: string, options?: CallOptions): Promise<void>;
  /** Sets a new password with the link of that mail; all sessions of the user end. */
  resetPassword(answer: LinkAnswer & { readonly password: string }, options?: CallOptions): Promise<void>;
  me(options?: CallOptions): Promise<Me>;
  changeProfile(
    changes: { readonly name?: string; readonly username?: string | null },
    options?: CallOptions,
  ): Promise<void>;
  /** Ends the user's other sessions. Throws wrong_password, password_too_weak. */
  changePassword(passwords: { readonly current: string; readonly next: string }, options?: CallOptions): Promise<void>;
  /** Asks for a mail to the new address. Throws wrong_password, email_taken. */
  changeEmail(change: { readonly email: string; readonly password: string }, options?: CallOptions): Promise<void>;
  /** Uses the link of that mail. */
  confirmEmail(answer: LinkAnswer, options?: CallOptions): Promise<{ readonly email: string }>;
  sessions(options?: CallOptions): Promise<readonly UserSession[]>;
  endSession(id: string, options?: CallOptions): Promise<void>;
  /** Ends the user's sessions but for this one. */
  endOtherSessions(options?: CallOptions): Promise<void>;
}

export function createAccount(http: Http, site: string | undefined): Account {
  /** The body of the response. What it holds is the API's word. */
  async function send<T>(method: string, path: string, json?: unknown, options?: CallOptions): Promise<T> {
    return (await http.call(method, path, { ...options, json })).body as T;
  }

  return {
    register: (registration, options) =>
      send('POST', `/auth/sites/${encodeURIComponent(site ?? '')}/registrations`, registration, options),
    confirm: (answer, options) => send('POST', '/auth/verify', answer, options),
    acceptInvitation: (answer, options) => send('POST', '/auth/invitation', answer, options),
    linkDetails: (kind, token, options) => send('POST', `/auth/${kind}/details`, { token }, options),
    forgotPassword: (email, options) => send('POST', '/auth/forgot', { email }, options),
    resetPassword: (answer, options) => send('POST', '/auth/reset', answer, options),
    me: (options) => send('GET', '/auth/me', undefined, options),
    changeProfile: (changes, options) => send('PATCH', '/auth/me', changes, options),
    changePassword: ({ current, next }, options) =>
      send('POST', '/auth/me/password', { current_password: current, password: next }, options),
    changeEmail: (change, options) => send('POST', '/auth/me/email', change, options),
    confirmEmail: (answer, options) => send('POST', '/auth/email-change', answer, options),
    sessions: async (options) =>
      (await send<{ items: UserSession[] }>('GET', '/auth/sessions', undefined, options)).items,
    endSession: (id, options) => send('DELETE', `/auth/sessions/${encodeURIComponent(id)}`, undefined, options),
    endOtherSessions: (options) => send('DELETE', '/auth/sessions?keep=current', undefined, options),
  };
}
