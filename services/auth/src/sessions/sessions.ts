import type { Family, FamilyStore } from '@gaia/state/state';
import type { SiteAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { AccessToken, AccessTokens } from '../tokens/access-tokens.ts';
import { FIRST_PARTY_CLIENT } from '../tokens/access-tokens.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { UserProfile } from '../users/profile.ts';
import type { BeginFamily } from './begin-family.ts';

/** What a login or a refresh answers. */
export interface TokenResponse {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  /** Seconds. */
  readonly refreshExpiresIn: number;
  /** Seconds until the login ends, however often it is refreshed. */
  readonly sessionExpiresIn: number;
  /** Seconds for which a refresh token that was used gives the same successor to anyone. */
  readonly refreshGraceSeconds: number;
  readonly scope: string;
  readonly user: UserProfile;
}

export interface Login {
  readonly subject: string;
  readonly site: string | undefined;
  /** Authentication methods (RFC 8176). */
  readonly amr: readonly string[];
  readonly userAgent: string;
  readonly address: string;
  readonly by: Actor;
}

export interface Sessions {
  /** Begins a family: one login, whatever other logins of the user there are. */
  begin(login: Login): Promise<Family>;
  /** Ends a family that nobody holds a token of. Never rejects: without a token it dies unused. */
  abandon(family: Family): Promise<void>;
  /** The tokens of a family's present state. Seconds; `lifetimeSeconds` is the configured life if absent. */
  issueTokens(
    family: Family,
    user: UserProfile,
    access: SiteAccess,
    issuedAt: number,
    lifetimeSeconds?: number,
  ): Promise<TokenResponse>;
  /** As issueTokens, without a refresh token. */
  access(family: Family, access: SiteAccess, issuedAt: number): Promise<AccessToken>;
}

export interface SessionOptions {
  readonly families: Pick<FamilyStore, 'end'>;
  readonly beginFamily: BeginFamily;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly absoluteMs: number;
  readonly graceMs: number;
  now(): number;
  randomId(): string;
}

export function createSessions(options: SessionOptions): Sessions {
  const { families, accessTokens, refreshTokens, absoluteMs, graceMs, now, randomId } = options;

  function accessTokenOf(family: Family, access: SiteAccess, issuedAt: number, lifetimeSeconds?: number) {
    return accessTokens.issue({
      subject: family.sub,
      clientId: family.clientId,
      issuedAt,
      scopes: access.scopes,
      site: access.site,
      roles: access.roles,
      audience: access.audience,
      sessionId: family.sid,
      authTime: Math.floor(family.createdAt / 1_000),
      amr: family.amr,
      lifetimeSeconds,
    });
  }

  const issueTokens: Sessions['issueTokens'] = async (family, user, access, issuedAt, lifetimeSeconds) => {
    const { accessToken, expiresIn, scope } = await accessTokenOf(family, access, issuedAt, lifetimeSeconds);
    const refresh = refreshTokens.issue(family);
    return {
      accessToken,
      expiresIn,
      refreshToken: refresh.refreshToken,
      refreshExpiresIn: refresh.expiresIn,
      sessionExpiresIn: Math.max(0, Math.floor((family.absoluteEnd - now()) / 1_000)),
      refreshGraceSeconds: Math.floor(graceMs / 1_000),
      scope,
      user,
    };
  };

  return {
    issueTokens,
    access: (family, access, issuedAt) => accessTokenOf(family, access, issuedAt),
    begin: async (login) => {
      const at = now();
      const family: Family = {
        sid: randomId(),
        sub: login.subject,
        site: login.site,
        clientId: FIRST_PARTY_CLIENT,
        amr: login.amr,
        userAgent: login.userAgent.slice(0, 256),
        address: login.address,
        createdAt: at,
        sequence: 1,
        rotatedAt: at,
        absoluteEnd: at + absoluteMs,
      };
      await options.beginFamily(family, login.by);
      return family;
    },
    abandon: async ({ sid }) => {
      await families.end(sid, now()).catch(() => {});
    },
  };
}
