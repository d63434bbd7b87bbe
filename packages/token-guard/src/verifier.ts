import { type ClaimRules, checkClaims, checkTimes, type Validity, validityOf } from '@gaia/jwt/claims';
import { preflight } from '@gaia/jwt/preflight';
import { type RefusalReason, refuseUnless, TokenRefusal } from '@gaia/jwt/refusal';
import { type KeySource, publishedKey, type VerificationKey, verifySignature } from '@gaia/jwt/signature';
import type { Identity } from '@gaia/tokens/identity';
import { CLOCK_SKEW_SECONDS, SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { RevocableToken } from './revocation-set.ts';
import { identityOfClaims } from './token-identity.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** Says why a genuine token is not to be honoured any more; asked on every use, so it must not wait for anything. */
export interface RevocationCheck {
  reasonToRefuse(token: RevocableToken): RefusalReason | undefined;
}

export interface TrustedIssuer {
  /** Compared exactly with `iss`. */
  readonly issuer: string;
  readonly jwks: KeySource;
  /** Revocations of this issuer's tokens; one issuer's never touch another's. */
  readonly revocations?: RevocationCheck | undefined;
}

export interface VerifierOptions {
  readonly issuers: readonly TrustedIssuer[];
  /** The token must be for one of these. `gaia` if absent. */
  readonly audience?: string | readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Verified tokens that are remembered. 10,000. */
  readonly maxCachedTokens?: number;
  /** Tolerated difference of clocks, both ways. 30. */
  readonly clockSkewSeconds?: number;
  /** A token whose `exp` is further from its `iat` is refused. One day. */
  readonly maxLifetimeSeconds?: number;
}

export interface VerifierCounts {
  /** Tokens accepted from memory. */
  readonly remembered: number;
  /** Tokens accepted on first sight. */
  readonly verified: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly cachedTokens: number;
}

export interface Verifier {
  /**
   * The identity of an access token, or a promise of it on first sight.
   * Throws (or rejects with) TokenRefusal, or KeysUnavailable when no key of the issuer is known.
   */
  check(accessToken: string): Identity | Promise<Identity>;
  /** As check, always a promise. */
  verify(accessToken: string): Promise<Identity>;
  counts(): VerifierCounts;
}

/** A token whose signature and claims are good; what time and revocation can still change is asked on every use. */
interface VerifiedToken {
  readonly identity: Identity;
  readonly validity: Validity;
  readonly issuer: TrustedIssuer;
  readonly key: VerificationKey;
}

const DEFAULT_CACHED_TOKENS = 10_000;
export const MAX_LIFETIME_SECONDS = 86_400;

/** Verifies access tokens (RFC 9068 §4, RFC 8725) offline. Knows nothing of any web framework. */
export function createVerifier(options: VerifierOptions): Verifier {
  const now = options.now ?? Date.now;
  const issuers = trustedIssuers(options.issuers);
  const rules = claimRules(options);
  const clockSkewSeconds = atLeast(0, 'clockSkewSeconds', options.clockSkewSeconds ?? CLOCK_SKEW_SECONDS);
  const verifiedTokens = createVerifiedTokens<VerifiedToken>(
    atLeast(2, 'maxCachedTokens', options.maxCachedTokens ?? DEFAULT_CACHED_TOKENS),
  );
  const refused: Partial<Record<RefusalReason, number>> = {};
  let remembered = 0;
  let verified = 0;

  function check(accessToken: string): Identity | Promise<Identity> {
    try {
      const known = verifiedTokens.get(accessToken);
      if (known === undefined) return firstSight(accessToken);
      if (!isStillSignedByKnownKey(known)) {
        verifiedTokens.delete(accessToken);
        return firstSight(accessToken);
      }
      const identity = admit(known);
      remembered += 1;
      return identity;
    } catch (error) {
      throw counted(error);
    }
  }

  async function firstSight(accessToken: string): Promise<Identity> {
    try {
      const presented = preflight('access', accessToken);
      const issuer = checkIssuer(presented.payload.iss, issuers);
      const key = await publishedKey(issuer.jwks, presented.kid ?? '');
      await verifySignature(presented, key);
      const claims = checkClaims('access', presented.payload, rules);
      const validity = validityOf(claims, { early: clockSkewSeconds, late: clockSkewSeconds });
      const entry: VerifiedToken = { identity: identityOfClaims(claims, key.kid), validity, issuer, key };
      // It can have been withdrawn while its signature was verified.
      refuseUnless(isStillSignedByKnownKey(entry), 'key_unknown');
      const identity = admit(entry);
      verifiedTokens.set(accessToken, entry);
      verified += 1;
      return identity;
    } catch (error) {
      throw counted(error);
    }
  }

  /** The checks whose answer changes while a token lives. */
  function admit({ identity, validity, issuer }: VerifiedToken): Identity {
    checkTimes(validity, now());
    const revoked = issuer.revocations?.reasonToRefuse(identity);
    if (revoked !== undefined) throw new TokenRefusal(revoked);
    return identity;
  }

  function counted(error: unknown): unknown {
    if (error instanceof TokenRefusal) refused[error.reason] = (refused[error.reason] ?? 0) + 1;
    return error;
  }

  return {
    check,
    verify: async (accessToken) => check(accessToken),
    counts: () => ({ remembered, verified, refused: { ...refused }, cachedTokens: verifiedTokens.size() }),
  };
}

/** A key that its issuer has withdrawn takes its remembered tokens with it. */
function isStillSignedByKnownKey({ issuer, key }: VerifiedToken): boolean {
  return issuer.jwks.find(key.kid) === key;
}

/** RFC 8725 §3.8: the keys are those of the issuer that the token names, so the name is compared exactly. */
function checkIssuer(iss: unknown, issuers: ReadonlyMap<string, TrustedIssuer>): TrustedIssuer {
  refuseUnless(iss !== undefined, 'claim_missing');
  refuseUnless(typeof iss === 'string', 'claim_malformed');
  const issuer = issuers.get(iss);
  refuseUnless(issuer !== undefined, 'issuer_unknown');
  return issuer;
}

function trustedIssuers(issuers: readonly TrustedIssuer[]): ReadonlyMap<string, TrustedIssuer> {
  const byName = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  if (byName.size === 0 || byName.has(''))
    throw new TypeError('a verifier needs at least one issuer, each with a name');
  if (byName.size !== issuers.length) throw new TypeError('an issuer is given twice');
  return byName;
}

function claimRules(options: VerifierOptions): ClaimRules {
  const { audience = SUITE_AUDIENCE } = options;
  const audiences = typeof audience === 'string' ? [audience] : [...audience];
  if (audiences.length === 0 || audiences.includes('')) throw new TypeError('a verifier needs an audience');
  return {
    audiences,
    maxLifetimeSeconds: atLeast(1, 'maxLifetimeSeconds', options.maxLifetimeSeconds ?? MAX_LIFETIME_SECONDS),
  };
}

function atLeast(least: number, name: string, value: number): number {
  if (!(Number.isFinite(value) && value >= least)) throw new RangeError(`${name} must be at least ${least}`);
  return value;
}
