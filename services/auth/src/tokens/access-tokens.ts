import { sign } from 'node:crypto';
import type { AccessClaims, Actor } from '@gaia/tokens/access-claims';
import { SUITE_AUDIENCE, tokenPurposes } from '@gaia/tokens/purposes';
import type { SigningKey } from '../keys/signing-key.ts';
import { encodeSegment } from './compact-jws.ts';

/** Longest life of an access token, in seconds: revocations need not be remembered for longer. */
export const MAX_ACCESS_TOKEN_SECONDS = 1_800;

export interface AccessTokenRequest {
  readonly subject: string;
  readonly clientId: string;
  /** Seconds: the time before what the token says was read; see issue-times.ts. */
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
  issue(request: AccessTokenRequest): AccessToken;
}

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  signing(): SigningKey;
  /** A new unguessable id for `jti`. */
  randomId(): string;
}

/**
 * Issues access tokens (RFC 9068). Signing is synchronous on purpose: on another thread it costs more processor time, and
 * it is replicas that share the work among cores.
 */
export function createAccessTokens(options: AccessTokenOptions): AccessTokens {
  const { issuer, lifetimeSeconds } = options;
  checkLifetime(lifetimeSeconds);
  const headers = new WeakMap<SigningKey, string>();

  function headerOf(key: SigningKey): string {
    const known = headers.get(key);
    if (known !== undefined) return known;
    const { algorithm, typ } = tokenPurposes.access;
    const header = encodeSegment({ alg: algorithm, typ, kid: key.kid });
    headers.set(key, header);
    return header;
  }

  return {
    issue: (request) => {
      const lifetime = request.lifetimeSeconds ?? lifetimeSeconds;
      checkLifetime(lifetime);
      const key = options.signing();
      const scope = request.scopes.join(' ');
      const claims: AccessClaims = {
        iss: issuer,
        sub: request.subject,
        aud: request.audience ?? SUITE_AUDIENCE,
        exp: request.issuedAt + lifetime,
        iat: request.issuedAt,
        nbf: request.issuedAt,
        jti: options.randomId(),
        client_id: request.clientId,
        ...(request.sessionId !== undefined && { sid: request.sessionId }),
        ...(request.site !== undefined && { site: request.site }),
        ...(request.roles !== undefined && { roles: request.roles }),
        scope,
        ...(request.authTime !== undefined && { auth_time: request.authTime }),
        ...(request.amr !== undefined && { amr: request.amr }),
        ...(request.act !== undefined && { act: request.act }),
      };
      const signedText = `${headerOf(key)}.${encodeSegment(claims)}`;
      const signature = sign('sha256', Buffer.from(signedText), key.privateKey).toString('base64url');
      return { accessToken: `${signedText}.${signature}`, expiresIn: lifetime, scope };
    },
  };
}

/** Revocations are remembered for so long; a token that lived longer could come back. */
function checkLifetime(seconds: number): void {
  if (!(seconds >= 1 && seconds <= MAX_ACCESS_TOKEN_SECONDS)) {
    throw new RangeError(`access tokens live from 1 to ${MAX_ACCESS_TOKEN_SECONDS} seconds`);
  }
}
