import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** A public key of a client, and the one algorithm that it verifies (RFC 8725 §3.1). */
export interface ClientKey {
  readonly kid: string | undefined;
  readonly algorithm: ClientKeyAlgorithm;
  readonly key: KeyObject;
}

export const clientKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number];

const MAX_KEYS = 8;
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Reads public JWKs (RFC 7517): RSA from 2,048 bits, P-256 or Ed25519. Throws an Error whose message completes
 * "/body/public_keys …".
 */
export function readClientKeys(jwks: readonly unknown[]): readonly ClientKey[] {
  if (jwks.length > MAX_KEYS) throw new Error(`must have at most ${MAX_KEYS} keys`);
  return jwks.map(readClientKey);
}

function readClientKey(jwk: unknown): ClientKey {
  if (typeof jwk !== 'object' || jwk === null) throw new Error('must hold JWKs');
  const members = jwk as Readonly<Record<string, unknown>>;
  if (privateMembers.some((name) => Object.hasOwn(members, name))) throw new Error('must not hold a private key');
  const { kid } = members;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) throw new Error('has a kid that is no text');
  const key = imported(members);
  const algorithm = algorithmOf(key);
  if (algorithm === undefined || (members.alg !== undefined && members.alg !== algorithm)) {
    throw new Error('must hold RSA keys from 2,048 bits for RS256, P-256 keys for ES256 or Ed25519 keys for EdDSA');
  }
  return { kid, algorithm, key };
}

function imported(jwk: Readonly<Record<string, unknown>>): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    throw new Error('holds a key that cannot be read');
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): ClientKeyAlgorithm | undefined {
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (asymmetricKeyType === 'rsa' && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS) return 'RS256';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : undefined;
}

export function isSignedWith({ algorithm, key }: ClientKey, signedText: string, signature: Buffer): boolean {
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  return verify(digest, Buffer.from(signedText), { key, dsaEncoding: 'ieee-p1363' }, signature);
}
