import type { KeySource } from '@gaia/jwt/signature';
import { createSigner, type Sign } from '@gaia/jwt/signer';
import type { Revocations } from '@gaia/token-guard/revocations';
import { createVerifier, type Verifier } from '@gaia/token-guard/verifier';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Keys } from '../keys/keys.ts';
import { ownKeySource } from '../keys/own-key-source.ts';
import { type AccessTokens, createAccessTokens } from './access-tokens.ts';
import { createLinkTokens, type LinkTokens } from './link-tokens.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-tokens.ts';
import type { OwnTokens } from './symmetric-tokens.ts';

export interface TokenOptions {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly keys: Pick<Keys, 'reload'>;
  readonly revocations: Revocations;
  readonly ownTokens: OwnTokens;
  readonly accessTokenSeconds: number;
  readonly idleMs: number;
  now(): number;
  randomId(): string;
}

export interface Tokens {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly linkTokens: LinkTokens;
  readonly sign: Sign;
  readonly publicKeys: KeySource;
  /** Verifies access tokens for any of the audiences. */
  verifierOf(audiences: readonly string[]): Verifier;
  /** The same, revoked ones too. */
  verifierOfRevoked(audiences: readonly string[]): Verifier;
}

/** Everything that this service signs, and the verifiers of it: with its own keys, without a request to itself. */
export function createTokens(options: TokenOptions): Tokens {
  const { issuer, keyRing, revocations, ownTokens, accessTokenSeconds, idleMs, now, randomId } = options;
  const sign = createSigner(keyRing.signing);
  const publicKeys = ownKeySource(keyRing, { reload: options.keys.reload, now });
  return {
    sign,
    publicKeys,
    accessTokens: createAccessTokens({ issuer, lifetimeSeconds: accessTokenSeconds, sign, randomId }),
    refreshTokens: createRefreshTokens({ issuer, tokens: ownTokens.refresh, idleMs, now }),
    linkTokens: createLinkTokens({ issuer, keys: publicKeys, sign, invitations: ownTokens.invitation, now, randomId }),
    verifierOf: (audience) => createVerifier({ issuers: [{ issuer, jwks: publicKeys, revocations }], audience, now }),
    verifierOfRevoked: (audience) => createVerifier({ issuers: [{ issuer, jwks: publicKeys }], audience, now }),
  };
}
