import type { CallOptions } from '../http/http.ts';
import type { Session, SessionChange } from '../session/session.ts';

export type Login = {
  readonly password: string;
  /** Keeps a browser's session when it is closed; for cookie mode. */
  readonly remember?: boolean;
} & ({ readonly email: string; readonly username?: never } | { readonly username: string; readonly email?: never });

/** What a sign-in leads to. A second factor is asked for only where the site's policy wants one. */
export type SignInResult =
  | { readonly status: 'signed_in'; readonly session: Session }
  | {
      readonly status: 'factor_required';
      readonly factors: readonly string[];
      continue(answer: { readonly factor: string; readonly code: string }): Promise<SignInResult>;
    };

/** How a session begins and ends; the two modes differ in this alone. */
export interface SignIn {
  /** Throws invalid_credentials, not_a_member, rate_limited. */
  signIn(login: Login, options?: CallOptions): Promise<SignInResult>;
  /** Ends the session here at once, and at the server. Rejects where the server could not be told; it is signed out here then, too. */
  signOut(options?: CallOptions): Promise<void>;
  /** The user who is signed in; undefined while signed out. */
  session(options?: CallOptions): Promise<Session | undefined>;
  /** Calls the listener at every change; the result ends that. */
  onChange(listener: (change: SessionChange) => void): () => void;
  /** Goes on at another site of the user, with the same session. Throws signed_out, not_a_member. */
  switchSite(site: string, options?: CallOptions): Promise<Session>;
}
