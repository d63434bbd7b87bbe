import { siteAccess } from '../access/site-access.ts';
import { BARE_CHALLENGE, problem } from '../errors.ts';
import type { Grant, Sessions } from '../families/sessions.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { IssueTimes } from '../tokens/issue-times.ts';
import { type Accounts, loginKey } from '../users/accounts.ts';
import type { LoginThrottle } from './throttle.ts';

export interface LoginRequest {
  /** E-mail address or user name. */
  readonly name: string;
  readonly password: string;
  /** The site that the tokens shall be for; the user's first if undefined. */
  readonly site: string | undefined;
  readonly address: string;
  readonly userAgent: string;
}

export interface LoginOptions {
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly issueTimes: IssueTimes;
}

/**
 * Checks a password and begins a session.
 * Refuses with rate_limited, unavailable, invalid_credentials (the same, after the same work, for users who are unknown,
 * disabled or have another password) and not_a_member (only after the right password).
 */
export function createLogin(options: LoginOptions): (request: LoginRequest) => Promise<Grant> {
  const { accounts, passwords, sessions, throttle, issueTimes } = options;
  return async ({ name, password, site, address, userAgent }) => {
    const account = loginKey(name)?.value ?? name;
    await throttle.attempt(account, address);
    const user = await accounts.findByLoginName(name);
    const isRight = await passwords.verify(user?.passwordHash, password);
    if (!isRight || user === undefined || user.disabled) throw invalidCredentials();

    // Read once more, after the time that the tokens will carry: the hash has taken its time.
    const issuedAt = await issueTimes.next(user.id);
    const target = site ?? (await accounts.defaultSite(user.id));
    const facts = await accounts.facts(user.id, target);
    if (facts === undefined || facts.disabled || facts.credentialVersion !== user.credentialVersion) {
      throw invalidCredentials();
    }
    await throttle.succeeded(account, address);
    const access = target === facts.site ? siteAccess(facts) : undefined;
    if (access === undefined) throw problem('not_a_member');
    return sessions.open({ subject: user.id, access, issuedAt, amr: ['pwd'], userAgent, address });
  };
}

function invalidCredentials() {
  return problem('invalid_credentials', { headers: BARE_CHALLENGE });
}
