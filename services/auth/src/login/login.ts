import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { BARE_CHALLENGE, problem } from '../errors.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Sessions, TokenResponse } from '../sessions/sessions.ts';
import type { LoginThrottle } from '../throttling/login-throttle.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import { type LoginAccounts, loginKey } from '../users/login-accounts.ts';
import type { Finalisation, LoginToFinalise } from './finalisation.ts';
import { deviceDigest, type KnownDevices } from './known-devices.ts';
import type { RefusedAttempts } from './refused-attempts.ts';

export interface LoginRequest {
  /** E-mail address or user name. */
  readonly name: string;
  readonly password: string;
  /** The site that the tokens shall be for. */
  readonly site: string | undefined;
  /** The site of the host where the login is made: what the tokens are for if none is named; the user's first without it. */
  readonly hostSite: string | undefined;
  readonly address: string;
  readonly userAgent: string;
  readonly by: Actor;
}

export interface LoginOptions {
  readonly accounts: LoginAccounts;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly throttle: LoginThrottle;
  readonly iatClock: IatClock;
  readonly devices: KnownDevices;
  readonly refusedAttempts: RefusedAttempts;
  readonly audit: Pick<Audit, 'note'>;
  finalise(login: LoginToFinalise): Promise<Finalisation>;
}

/**
 * Checks a password and begins a session.
 * Refuses with rate_limited, unavailable, invalid_credentials (the same, after the same work, for users who are unknown,
 * disabled or have another password) and not_a_member (only after the right password).
 */
export function createLogin(options: LoginOptions): (request: LoginRequest) => Promise<TokenResponse> {
  const { accounts, passwords, sessions, throttle, iatClock, devices, refusedAttempts, audit, finalise } = options;
  return async ({ name, password, site, hostSite, address, userAgent, by }) => {
    const user = await accounts.findByLoginName(name);
    const spelling = loginKey(name)?.value ?? name;
    // By the account and not by its name: it has an address and a user name, and each of them many spellings.
    const account = user?.id ?? spelling;
    try {
      await throttle.attempt(account, address);
    } catch (error) {
      await refusedAttempts.note(account, by, error);
      throw error;
    }
    const isRight = await passwords.verify(user?.passwordHash, password, spelling);
    // Written for every refusal alike, so that timing does not tell who is known here. Never with the name as it was typed:
    // people type their password there.
    const refused = (reason: string) =>
      audit.note(by, { action: 'session.open', outcome: 'refused', site, target: user?.id, details: { reason } });
    if (!isRight || user === undefined || user.disabled) {
      await refused('invalid_credentials');
      throw invalidCredentials();
    }

    const open = async (at: string | undefined) => {
      // Begun before it is known whether it may be: whatever ends all sessions of the user from now on ends this one too.
      const family = await sessions.begin({ subject: user.id, site: at, amr: ['pwd'], userAgent, address, by });
      const { id, credentialVersion } = user;
      const device = deviceDigest(userAgent, address);
      try {
        const finalisation = await finalise({
          user: id,
          sessionId: family.sid,
          credentialVersion,
          site: at,
          device,
          by,
        });
        if (!('refused' in finalisation)) return { family, ...finalisation };
        await sessions.abandon(family);
        return finalisation;
      } catch (error) {
        await sessions.abandon(family);
        throw error;
      }
    };
    const issuedAt = await iatClock.next(user.id);
    const wanted = site ?? hostSite ?? (await accounts.firstSite(user.id));
    let [opened] = await Promise.all([open(wanted), throttle.succeeded(account, address)]);
    // Who belongs to no site (any more) gets in to their account alone, wherever they try.
    const isImplied = site === undefined && hostSite !== undefined;
    if ('refused' in opened && opened.refused === 'not_a_member' && isImplied) {
      if ((await accounts.firstSite(user.id)) === undefined) opened = await open(undefined);
    }
    if ('refused' in opened) {
      await refused(opened.refused);
      throw opened.refused === 'not_a_member' ? problem('not_a_member') : invalidCredentials();
    }
    const { family, access, isDeviceKnown } = opened;
    const tokens = await sessions.issueTokens(family, opened.user, access, issuedAt);
    if (!isDeviceKnown) {
      const { id, email } = user;
      await devices.seen({ user: id, email, userAgent, address, site: access.site, language: by.language });
    }
    await passwords.rehash(user.passwordHash, password, (hash) =>
      accounts.replaceHash(user.id, user.passwordHash, hash),
    );
    return tokens;
  };
}

function invalidCredentials() {
  return problem('invalid_credentials', { headers: BARE_CHALLENGE });
}
