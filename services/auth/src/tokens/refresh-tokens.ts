import { TokenRefusal } from '@gaia/jwt/refusal';
import type { SymmetricTokens } from '@gaia/jwt/symmetric';
import { verifyToken } from '@gaia/jwt/verify';
import type { Family } from '@gaia/state/state';
import { refuseToken } from '../errors.ts';

/** What a genuine refresh token says. */
export interface RefreshClaims {
  readonly sessionId: string;
  readonly sequence: number;
  readonly subject: string;
  readonly site: string | undefined;
  /** Seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface RefreshToken {
  readonly refreshToken: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface RefreshTokens {
  /** The current token of a family. The same family gives the same token, byte for byte. */
  issue(family: Family): RefreshToken;
  /**
   * Who made it, what for, whole and in time.
   * Rejects with the problems token_malformed, token_invalid, and token_expired with cause `idle` or `session_over`.
   */
  verify(refreshToken: string): Promise<RefreshClaims>;
  /** As verify, but takes expired tokens: a session can be ended with a token that cannot prolong it. */
  verifyEvenExpired(refreshToken: string): Promise<RefreshClaims>;
}

export interface RefreshTokenOptions {
  readonly issuer: string;
  readonly tokens: SymmetricTokens<'refresh'>;
  readonly idleMs: number;
  now(): number;
}

/** Longest refresh token that is looked at, in characters. */
export const MAX_REFRESH_TOKEN_LENGTH = 2_048;

const AUDIENCE = 'auth';

/** Refresh tokens: HS256, because only this service verifies them; garbage is refused before any store is asked. */
export function createRefreshTokens({ issuer, tokens, idleMs, now }: RefreshTokenOptions): RefreshTokens {
  async function verifyEvenExpired(refreshToken: string): Promise<RefreshClaims> {
    if (refreshToken.length > MAX_REFRESH_TOKEN_LENGTH) throw refuseToken('token_malformed');
    const claims = await verifyToken('refresh', refreshToken, {
      signature: tokens.signature,
      issuer,
      audiences: [AUDIENCE],
      isMaker: true,
      acceptsExpired: true,
      now: now(),
    }).catch((error: unknown) => {
      if (!(error instanceof TokenRefusal)) throw error;
      throw refuseToken(error.code === 'token_malformed' ? 'token_malformed' : 'token_invalid');
    });
    return {
      sessionId: claims.sid,
      sequence: claims.seq,
      subject: claims.sub,
      site: claims.site,
      issuedAt: claims.iat,
      expiresAt: claims.exp,
    };
  }

  return {
    issue: (family) => {
      const end = Math.floor(Math.min(family.rotatedAt + idleMs, family.absoluteEnd) / 1_000);
      const refreshToken = tokens.sign({
        iss: issuer,
        aud: AUDIENCE,
        sub: family.sub,
        ...(family.site !== undefined && { site: family.site }),
        sid: family.sid,
        seq: family.sequence,
        iat: Math.floor(family.rotatedAt / 1_000),
        exp: end,
      });
      return { refreshToken, expiresIn: Math.max(0, end - Math.floor(now() / 1_000)) };
    },
    verify: async (refreshToken) => {
      const claims = await verifyEvenExpired(refreshToken);
      if (now() >= claims.expiresAt * 1_000) {
        const wasIdle = claims.expiresAt - claims.issuedAt >= Math.floor(idleMs / 1_000);
        throw refuseToken('token_expired', wasIdle ? 'idle' : 'session_over');
      }
      return claims;
    },
    verifyEvenExpired,
  };
}
