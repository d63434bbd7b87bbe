/** The user of a session. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly name: string | null;
  readonly administrator: boolean;
}

/** Who is signed in, and where. */
export interface Session {
  readonly user: User;
  readonly site: string | null;
  /** Effective permissions on the site. */
  readonly scopes: readonly string[];
  /** When the session ends however it is used. */
  readonly endsAt: Date;
}

/** Why a session began. */
export type SignInReason = 'sign_in' | 'restored' | 'other_tab' | 'switched_site' | 'refreshed';

/**
 * Why a session ended: by `signOut` here or in another tab; because the session was ended elsewhere, not used
 * for too long, or as old as it may get; because one of its tokens was used by another party; because the user was
 * disabled or is not a member any more; or because its tokens are not known to the server (any more).
 */
export type SignOutReason =
  | 'sign_out'
  | 'other_tab'
  | 'session_ended'
  | 'idle'
  | 'session_over'
  | 'reuse_detected'
  | 'user_disabled'
  | 'not_a_member'
  | 'token_invalid';

export type SessionChange =
  | { readonly status: 'signed_in'; readonly reason: SignInReason; readonly session: Session }
  | { readonly status: 'signed_out'; readonly reason: SignOutReason };

const signOutReasons: ReadonlySet<unknown> = new Set<SignOutReason>([
  'session_ended',
  'idle',
  'session_over',
  'reuse_detected',
  'user_disabled',
  'not_a_member',
]);

/** What the `cause` of a refused refresh token means. */
export function signOutReasonOf(cause: unknown): SignOutReason {
  return signOutReasons.has(cause) ? (cause as SignOutReason) : 'token_invalid';
}
