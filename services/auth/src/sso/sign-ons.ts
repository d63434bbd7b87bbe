import { isNonceOf } from '@gaia/hand-over/nonce';
import type { FamilyStore, State } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import type { ReadFacts } from '../access/account-facts.ts';
import { siteAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem, refuseToken } from '../errors.ts';
import { userIdOf } from '../permissions/user-caller.ts';
import type { Revoker } from '../revocation/revoker.ts';
import type { BeginFamily } from '../sessions/begin-family.ts';
import { nextSessionId, signOnOf } from '../sessions/session-id.ts';
import type { Sessions, TokenResponse } from '../sessions/sessions.ts';
import type { Sites } from '../sites/sites.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { HandOverCodes } from './hand-over-codes.ts';

export interface HandOverResponse {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** Where the token may be brought, and nowhere else. */
  readonly origin: string;
}

export interface SignOns {
  /**
   * A token that brings the caller's sign-on to the site at a host. `nonce` is the digest of a verifier that the site has
   * put into the browser; `remember` goes with it to that site. Throws site_not_found, not_a_member, forbidden.
   */
  handOver(
    caller: Identity,
    by: Actor,
    target: { readonly host: string; readonly nonce: string; readonly remember?: boolean },
  ): Promise<HandOverResponse>;
  /**
   * Exchanges the token, once, for a session on its site. `verifier` is what the site had put into the browser.
   * Throws token_malformed, token_invalid, token_expired, token_revoked (`session_ended`, `used`), not_a_member.
   */
  exchange(
    request: { readonly token: string; readonly verifier: string; readonly userAgent: string },
    by: Actor,
  ): Promise<TokenResponse>;
  /** Ends the sessions of all sites of the sign-on that a refresh token belongs to. Throws as a refused token. */
  end(refreshToken: string, by: Actor): Promise<void>;
}

export interface SignOnOptions {
  readonly readFacts: ReadFacts;
  readonly families: Pick<FamilyStore, 'get' | 'listBySubject'>;
  readonly beginFamily: BeginFamily;
  readonly consumeOnce: State['consumeOnce'];
  readonly revoker: Pick<Revoker, 'endSession'>;
  readonly handOverCodes: HandOverCodes;
  readonly refreshTokens: Pick<RefreshTokens, 'verifyEvenExpired'>;
  readonly iatClock: Pick<IatClock, 'next'>;
  readonly sessions: Pick<Sessions, 'issueTokens'>;
  readonly sites: Pick<Sites, 'findByHost'>;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
  randomId(): string;
}

/** Purpose under which ids of exchanged tokens are remembered. */
const EXCHANGED = 'sso-exchange';

/** One sign-on, many sites: brings it to another site, and ends it everywhere. */
export function createSignOns(options: SignOnOptions): SignOns {
  const { readFacts, families, handOverCodes, sessions, audit, now } = options;

  async function rightsOn(subject: string, site: string) {
    const facts = await readFacts({ user: subject, site });
    if (facts === undefined || facts.disabled) throw refuseToken('token_revoked', 'user_disabled');
    const access = facts.site === site ? siteAccess(facts) : undefined;
    if (access === undefined) throw problem('not_a_member');
    return { user: facts.user, access };
  }

  return {
    handOver: async (caller, by, { host, nonce, remember = false }) => {
      const subject = userIdOf(caller);
      // A token that acts for the user is not the user, and one without a session is no sign-on.
      if (caller.actor !== undefined || caller.sessionId === undefined) throw problem('forbidden');
      const target = await options.sites.findByHost(host);
      if (target === undefined) throw problem('site_not_found');
      const { site, origin } = target;
      await rightsOn(subject, site);
      const family = await families.get(caller.sessionId, now());
      if (family === undefined || family.sub !== subject) throw refuseToken('token_revoked', 'session_ended');
      const handOver = { subject, sessionId: family.sid, site, audience: origin, nonce, remember };
      const issued = await handOverCodes.issue(handOver);
      await audit.note(by, { action: 'sign_on.hand_over', site, target: subject, details: { from: family.site } });
      return { ...issued, origin };
    },

    exchange: async ({ token, verifier, userAgent }, by) => {
      const { sub, sid, jti, site, nonce, exp, aud } = await handOverCodes.verify(token);
      const place = await options.sites.findByHost(URL.parse(aud)?.hostname ?? '');
      if (place?.site !== site || place.origin !== aud) throw refuseToken('token_invalid', 'audience_wrong');
      // Consumed whatever follows: a token with a wrong verifier has leaked.
      const isFirst = await options.consumeOnce(EXCHANGED, jti, exp * 1_000, now());
      const origin = { ...by, subject: sub, sessionId: sid };
      const refused = async (reason: string) =>
        audit.note(origin, { action: 'sign_on.open', outcome: 'refused', site, target: sub, details: { reason } });
      if (!isFirst) {
        await refused('used');
        throw refuseToken('token_revoked', 'used');
      }
      if (!isNonceOf(nonce, verifier)) {
        await refused('nonce_wrong');
        throw refuseToken('token_invalid', 'nonce_wrong');
      }
      const issuedAt = await options.iatClock.next(sub);
      const { user, access } = await rightsOn(sub, site);
      const source = await families.get(sid, now());
      if (source === undefined || source.sub !== sub) throw refuseToken('token_revoked', 'session_ended');
      const at = now();
      const family = {
        ...source,
        sid: nextSessionId(source.sid, options.randomId()),
        site: access.site,
        userAgent: userAgent.slice(0, 256),
        address: by.address ?? '',
        sequence: 1,
        rotatedAt: at,
      };
      await options.beginFamily(family, by);
      // The sign-on may have ended between the look and the creation, and would not have seen the new session.
      if ((await families.get(sid, now())) === undefined) {
        await options.revoker.endSession(family.sid);
        throw refuseToken('token_revoked', 'session_ended');
      }
      const details = { from: source.site, opened: family.sid };
      await audit.note(origin, { action: 'sign_on.open', site, target: sub, details });
      return sessions.issueTokens(family, user, access, issuedAt);
    },

    end: async (refreshToken, by) => {
      const { sessionId, subject, site } = await options.refreshTokens.verifyEvenExpired(refreshToken);
      const signOn = signOnOf(sessionId);
      await options.revoker.endSession(sessionId);
      const sites = new Set(site === undefined ? [] : [site]);
      for (const family of await families.listBySubject(subject, now())) {
        if (signOnOf(family.sid) !== signOn) continue;
        await options.revoker.endSession(family.sid);
        if (family.site !== undefined) sites.add(family.site);
      }
      const details = { sites: [...sites].sort() };
      await audit.note({ ...by, subject, sessionId }, { action: 'sign_on.end', site, target: subject, details });
    },
  };
}
