import { defineProblems } from '@gaia/http-service/problem';

/** Every refusal of the auth service that is not common to all services: code → status and title. */
export const problem = defineProblems({
  invalid_credentials: { status: 401, title: 'The name or the password is wrong' },
  token_missing: { status: 401, title: 'A token is needed here' },
  token_malformed: { status: 401, title: 'The token cannot be read' },
  token_expired: { status: 401, title: 'The token has expired' },
  token_invalid: { status: 401, title: 'The token is not good for this' },
  token_revoked: { status: 401, title: 'The token has been revoked' },
  forbidden: { status: 403, title: 'This is not allowed' },
  insufficient_scope: { status: 403, title: 'The token does not allow this' },
  not_a_member: { status: 403, title: 'The user is not a member of this site' },
  site_not_found: { status: 404, title: 'There is no such site' },
  user_not_found: { status: 404, title: 'There is no such user' },
  member_not_found: { status: 404, title: 'The user is not a member of this site' },
  session_not_found: { status: 404, title: 'There is no such session' },
  key_not_found: { status: 404, title: 'There is no such key' },
  client_not_found: { status: 404, title: 'There is no such service account' },
  secret_not_found: { status: 404, title: 'Client secret not found' },
  role_not_found: { status: 404, title: 'There is no such role' },
  invalid_scope: { status: 400, title: 'A permission is asked for that cannot be had' },
  invalid_cursor: { status: 400, title: 'The cursor is not one that was given out here' },
  email_unverified: { status: 409, title: 'Address is not verified' },
  administrator_address: { status: 409, title: 'Address of an administrator' },
  email_verified: { status: 409, title: 'E-mail address is verified already' },
  email_taken: { status: 409, title: 'The e-mail address is in use' },
  username_taken: { status: 409, title: 'The user name is in use' },
  username_reserved: { status: 400, title: 'User name is reserved' },
  username_confusable: { status: 400, title: 'User name mixes alphabets' },
  account_exists: { status: 409, title: 'Account exists already and keeps its password' },
  already_member: { status: 409, title: 'User is already a member of this site' },
  too_many_invitations: { status: 409, title: 'Too many open invitations of one address' },
  too_many_roles: { status: 409, title: 'Too many roles of one member' },
  site_exists: { status: 409, title: 'The site exists' },
  host_taken: { status: 409, title: 'The host belongs to another site' },
  user_disabled: { status: 409, title: 'The user is disabled' },
  too_many_secrets: { status: 409, title: 'Client secret limit reached' },
  client_exists: { status: 409, title: 'The service account exists' },
  role_in_use: { status: 409, title: 'The role is held by members' },
  key_compromised: { status: 409, title: 'The key is compromised and must never sign' },
  key_pinned: { status: 409, title: 'A key file says which key signs' },
  too_many_keys: { status: 409, title: 'So many keys are published that one has to retire first' },
  key_exists: { status: 409, title: 'The key is known' },
  last_administrator: { status: 409, title: 'The installation needs an administrator' },
  last_owner: { status: 409, title: 'Site needs an owner' },
  link_invalid: { status: 400, title: 'The link does not work (any more)' },
  link_expired: { status: 400, title: 'The link has expired' },
  link_of_another_account: { status: 403, title: 'Link belongs to another account' },
  password_required: { status: 400, title: 'Password is required for a new account' },
  password_too_weak: { status: 400, title: 'The password is too easy to guess' },
  wrong_password: { status: 403, title: 'The present password is another one' },
  registration_closed: { status: 403, title: 'The site does not take members this way' },
  invitation_not_found: { status: 404, title: 'There is no such invitation' },
  cms_unavailable: { status: 503, title: 'Service cms is unavailable' },
  assets_unavailable: { status: 503, title: 'Service assets is unavailable' },
  rate_limited: { status: 429, title: 'Too many attempts; try again later' },
});

/** The challenge of an answer that refuses for want of a token or of credentials (RFC 6750 §3). */
export const BARE_CHALLENGE = { 'www-authenticate': 'Bearer realm="gaia"' } as const;

export type TokenRefusal = 'token_malformed' | 'token_expired' | 'token_invalid' | 'token_revoked';

/**
 * A refused token: 401 with the challenge of RFC 6750 §3.1.
 * `cause` is a stable word that tells a client why, such as `reuse_detected`.
 */
export function refuseToken(code: TokenRefusal, cause?: string) {
  return problem(code, {
    headers: { 'www-authenticate': `Bearer realm="gaia", error="invalid_token", error_description="${code}"` },
    ...(cause !== undefined && { extensions: { cause } }),
  });
}
