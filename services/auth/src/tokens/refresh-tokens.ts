import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Family } from '@gaia/state/state';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { refuseToken } from '../errors.ts';
import { decodeSegment, encodeSegment } from './compact-jws.ts';

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
   * Throws the problems token_malformed, token_invalid, and token_expired with cause `idle` or `session_over`.
   */
  verify(refreshToken: string): RefreshClaims;
  /** As verify, but takes expired tokens: a session can be ended with a token that cannot prolong it. */
  verifyEvenExpired(refreshToken: string): RefreshClaims;
}

export interface RefreshTokenOptions {
  readonly issuer: string;
  readonly secret: string;
  readonly idleMs: number;
  now(): number;
}

/** Longest refresh token that is looked at, in characters. */
export const MAX_REFRESH_TOKEN_LENGTH = 2_048;

const AUDIENCE = 'auth';
const { typ, algorithm } = tokenPurposes.refresh;

/** Refresh tokens: HS256, because only this service verifies them; garbage is refused before any store is asked. */
export function createRefreshTokens(options: RefreshTokenOptions): RefreshTokens {
  const { issuer, idleMs, now } = options;
  const secret = createSecretKey(Buffer.from(options.secret));
  const header = encodeSegment({ alg: algorithm, typ });
  const signatureOf = (signedText: string) => createHmac('sha256', secret).update(signedText).digest('base64url');

  function verifyEvenExpired(refreshToken: string): RefreshClaims {
    const [head, payload, signature, ...rest] = refreshToken.split('.');
    if (!head || !payload || !signature || rest.length > 0 || refreshToken.length > MAX_REFRESH_TOKEN_LENGTH) {
      throw refuseToken('token_malformed');
    }
    const claims = decodeSegment(payload);
    if (claims === undefined || decodeSegment(head) === undefined) throw refuseToken('token_malformed');
    // One header only is ever issued, so algorithm and type are compared as text (RFC 8725 §3.1, §3.11).
    if (head !== header || !isSame(signature, signatureOf(`${head}.${payload}`))) throw refuseToken('token_invalid');
    return checkClaims(claims, issuer);
  }

  return {
    issue: (family) => {
      const end = Math.floor(Math.min(family.rotatedAt + idleMs, family.absoluteEnd) / 1_000);
      const claims = {
        iss: issuer,
        aud: AUDIENCE,
        sub: family.sub,
        ...(family.site !== undefined && { site: family.site }),
        sid: family.sid,
        seq: family.sequence,
        iat: Math.floor(family.rotatedAt / 1_000),
        exp: end,
      };
      const signedText = `${header}.${encodeSegment(claims)}`;
      return {
        refreshToken: `${signedText}.${signatureOf(signedText)}`,
        expiresIn: Math.max(0, end - Math.floor(now() / 1_000)),
      };
    },
    verify: (refreshToken) => {
      const claims = verifyEvenExpired(refreshToken);
      if (now() >= claims.expiresAt * 1_000) {
        const wasIdle = claims.expiresAt - claims.issuedAt >= Math.floor(idleMs / 1_000);
        throw refuseToken('token_expired', wasIdle ? 'idle' : 'session_over');
      }
      return claims;
    },
    verifyEvenExpired,
  };
}

/** Compared as text, which also refuses every other spelling of the same bytes. */
function isSame(given: string, expected: string): boolean {
  const bytes = Buffer.from(given);
  return bytes.length === Buffer.byteLength(expected) && timingSafeEqual(bytes, Buffer.from(expected));
}

function checkClaims(claims: Readonly<Record<string, unknown>>, issuer: string): RefreshClaims {
  const { iss, aud, sub, site, sid, seq, iat, exp } = claims;
  if (iss !== issuer || aud !== AUDIENCE) throw refuseToken('token_invalid');
  if (
    typeof sub !== 'string' ||
    typeof sid !== 'string' ||
    !Number.isSafeInteger(seq) ||
    !Number.isSafeInteger(iat) ||
    !Number.isSafeInteger(exp) ||
    (site !== undefined && typeof site !== 'string')
  ) {
    throw refuseToken('token_invalid');
  }
  return {
    sessionId: sid,
    sequence: seq as number,
    subject: sub,
    site,
    issuedAt: iat as number,
    expiresAt: exp as number,
  };
}
