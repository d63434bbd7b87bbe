import type { Sign } from '@gaia/jwt/signer';
import type { AccessClaims, Actor } from '@gaia/tokens/access-claims';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import { MAX_ACCESS_TOKEN_SECONDS } from '../revocation/revoker.ts';

export interface AccessTokenRequest {
  readonly subject: string;
  readonly clientId: string;
  /** Seconds: the time before what the token says was read; see iat-clock.ts. */
  readonly issuedAt: number;
  readonly scopes: readonly string[];
  readonly site?: string | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly sessionId?: string | undefined;
  /** Seconds. */
  readonly authTime?: number | undefined;
  readonly amr?: readonly string[] | undefined;
  /** One service; the whole suite if absent. */
  readonly audience?: string | undefined;
  /** Who acts for the subject (RFC 8693 §4.1). */
  readonly act?: Actor | undefined;
  /** Seconds; the configured life if absent. */
  readonly lifetimeSeconds?: number | undefined;
}

export interface AccessToken {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly scope: string;
}

export interface AccessTokens {
  issue(request: AccessTokenRequest): Promise<AccessToken>;
}

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  readonly sign: Sign;
  /** A new unguessable id for `jti`. */
  randomId(): string;
}

/** Issues access tokens (RFC 9068). */
export function createAccessTokens({ issuer, lifetimeSeconds, sign, randomId }: AccessTokenOptions): AccessTokens {
  checkLifetime(lifetimeSeconds);
  return {
    issue: async (request) => {
      const lifetime = request.lifetimeSeconds ?? lifetimeSeconds;
      checkLifetime(lifetime);
      const scope = request.scopes.join(' ');
      const claims: AccessClaims = {
        iss: issuer,
        sub: request.subject,
        aud: request.audience ?? SUITE_AUDIENCE,
        exp: request.issuedAt + lifetime,
        iat: request.issuedAt,
        nbf: request.issuedAt,
        jti: randomId(),
        client_id: request.clientId,
        ...(request.sessionId !== undefined && { sid: request.sessionId }),
        ...(request.site !== undefined && { site: request.site }),
        ...(request.roles !== undefined && { roles: request.roles }),
        scope,
        ...(request.authTime !== undefined && { auth_time: request.authTime }),
        ...(request.amr !== undefined && { amr: request.amr }),
        ...(request.act !== undefined && { act: request.act }),
      };
      return { accessToken: await sign('access', claims), expiresIn: lifetime, scope };
    },
  };
}

/** Revocations are remembered for so long; a token that lived longer could come back. */
function checkLifetime(seconds: number): void {
  if (!(seconds >= 1 && seconds <= MAX_ACCESS_TOKEN_SECONDS)) {
    throw new RangeError(`access tokens live from 1 to ${MAX_ACCESS_TOKEN_SECONDS} seconds`);
  }
}

/** Client id of tokens that a user got with Gaia's own login. */
export const FIRST_PARTY_CLIENT = 'gaia';
