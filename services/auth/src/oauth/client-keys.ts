import type { webcrypto } from 'node:crypto';
import { importJWK, type JWK } from 'jose';

/** A public key of a client, and the one algorithm that it verifies (RFC 8725 §3.1). */
export interface ClientKey {
  readonly kid: string | undefined;
  readonly algorithm: ClientKeyAlgorithm;
  readonly key: CryptoKey;
}

export const clientKeyAlgorithms = ['RS256', 'ES256', 'EdDSA'] as const;
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number];

const MAX_KEYS = 8;
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * Reads public JWKs (RFC 7517): RSA from 2,048 bits, P-256 or Ed25519. Rejects with an Error whose message completes
 * "/body/public_keys …".
 */
export async function readClientKeys(jwks: readonly unknown[]): Promise<readonly ClientKey[]> {
  if (jwks.length > MAX_KEYS) throw new Error(`must have at most ${MAX_KEYS} keys`);
  return Promise.all(jwks.map(readClientKey));
}

async function readClientKey(jwk: unknown): Promise<ClientKey> {
  if (typeof jwk !== 'object' || jwk === null) throw new Error('must hold JWKs');
  const members = jwk as Readonly<Record<string, unknown>>;
  if (privateMembers.some((name) => Object.hasOwn(members, name))) throw new Error('must not hold a private key');
  const { kid } = members;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) throw new Error('has a kid that is no text');
  const algorithm = algorithmOf(members);
  if (algorithm === undefined || (members.alg !== undefined && members.alg !== algorithm)) throw wrongKind();
  const key = await imported(members, algorithm);
  if (algorithm === 'RS256' && !isStrongRsa(key.algorithm as webcrypto.RsaHashedKeyAlgorithm)) throw wrongKind();
  return { kid, algorithm, key };
}

async function imported(
  { kty, crv, n, e, x, y }: Readonly<Record<string, unknown>>,
  algorithm: ClientKeyAlgorithm,
): Promise<CryptoKey> {
  try {
    return (await importJWK({ kty, crv, n, e, x, y } as JWK, algorithm)) as CryptoKey;
  } catch {
    throw new Error('holds a key that cannot be read');
  }
}

/** A short modulus can be factored; an exponent that is even or 1 makes forging trivial. */
function isStrongRsa({ modulusLength: bits, publicExponent }: webcrypto.RsaHashedKeyAlgorithm): boolean {
  const exponent = BigInt(`0x${Buffer.from(publicExponent).toString('hex')}`);
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && exponent % 2n === 1n && exponent > 1n;
}

function algorithmOf({ kty, crv }: Readonly<Record<string, unknown>>): ClientKeyAlgorithm | undefined {
  if (kty === 'RSA') return 'RS256';
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined;
}

function wrongKind(): Error {
  return new Error('must hold RSA keys from 2,048 bits for RS256, P-256 keys for ES256 or Ed25519 keys for EdDSA');
}
