import { defineProblems } from '@gaia/http-service/problem';

/** Every refusal of the auth service that is not common to all services: code → status and title. */
export const problem = defineProblems({
  invalid_credentials: { status: 401, title: 'Invalid credentials' },
  not_a_member: { status: 403, title: 'User is not a member of this site' },
  user_not_found: { status: 404, title: 'User not found' },
  member_not_found: { status: 404, title: 'Member not found' },
  session_not_found: { status: 404, title: 'Session not found' },
  key_not_found: { status: 404, title: 'Key not found' },
  client_not_found: { status: 404, title: 'Service account not found' },
  secret_not_found: { status: 404, title: 'Client secret not found' },
  role_not_found: { status: 404, title: 'Role not found' },
  invalid_scope: { status: 400, title: 'Invalid scope' },
  email_unverified: { status: 409, title: 'E-mail address is not verified' },
  administrator_address: { status: 409, title: 'E-mail address belongs to an administrator' },
  email_verified: { status: 409, title: 'E-mail address is already verified' },
  email_taken: { status: 409, title: 'E-mail address already in use' },
  username_taken: { status: 409, title: 'User name already in use' },
  username_reserved: { status: 400, title: 'User name is reserved' },
  username_confusable: { status: 400, title: 'User name mixes alphabets' },
  account_exists: { status: 409, title: 'Account exists already and keeps its password' },
  already_member: { status: 409, title: 'User is already a member of this site' },
  too_many_invitations: { status: 409, title: 'Open invitation limit reached' },
  too_many_roles: { status: 409, title: 'Role limit of the member reached' },
  site_exists: { status: 409, title: 'Site already exists' },
  host_taken: { status: 409, title: 'Host belongs to another site' },
  user_disabled: { status: 409, title: 'User is disabled' },
  too_many_secrets: { status: 409, title: 'Client secret limit reached' },
  client_exists: { status: 409, title: 'Service account already exists' },
  role_in_use: { status: 409, title: 'Role in use' },
  key_compromised: { status: 409, title: 'Compromised key' },
  key_pinned: { status: 409, title: 'Signing key pinned by a key file' },
  too_many_keys: { status: 409, title: 'Published key limit reached' },
  key_exists: { status: 409, title: 'Key already exists' },
  last_administrator: { status: 409, title: 'Last administrator of the installation' },
  last_owner: { status: 409, title: 'Last owner of the site' },
  link_invalid: { status: 400, title: 'Invalid link' },
  link_expired: { status: 400, title: 'Expired link' },
  link_of_another_account: { status: 403, title: 'Link belongs to another account' },
  password_required: { status: 400, title: 'Password is required for a new account' },
  password_too_weak: { status: 400, title: 'Password too weak' },
  wrong_password: { status: 403, title: 'Current password is incorrect' },
  registration_closed: { status: 403, title: 'Registration closed' },
  invitation_not_found: { status: 404, title: 'Invitation not found' },
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
