import type { VerificationKey } from '@gaia/jwt/signature';
import { importJWK } from 'jose';

/** One published key, imported once. */
export interface PublishedKey extends VerificationKey {
  readonly algorithm: 'RS256';
  readonly key: CryptoKey;
  /** The published material; equal for two fetches that brought the same key. */
  readonly material: string;
}

export type KeySet = ReadonlyMap<string, PublishedKey>;

/** A JWKS document that must not be used; what was known before stays in force. */
export class KeySetRefused extends Error {
  readonly code = 'key_set_refused';
  constructor(message: string) {
    super(message);
    this.name = 'KeySetRefused';
  }
}

const MAX_KEYS = 64;
const MAX_KID_LENGTH = 256;
/** Larger keys would let one issuer make every verification slow. */
const MODULUS_BITS = { min: 2_048, max: 8_192 } as const;
const MAX_EXPONENT = 2n ** 32n;
/** Members that only a private key has (RFC 7518 §6.3.2); a published private key is a compromised one. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * Reads a JWKS document (RFC 7517 §5). Keys that this verifier cannot or must not use are left out, as the RFC asks;
 * a document without any usable key, or with two usable keys of one `kid`, is refused whole.
 * Keys already known with the same material are taken over, so that each is imported once.
 */
export async function readKeySet(text: string, known: KeySet): Promise<KeySet> {
  const keys = new Map<string, PublishedKey>();
  for (const jwk of membersOf(text)) {
    const key = await publishedKey(jwk, known);
    if (key === undefined) continue;
    if (keys.has(key.kid)) throw new KeySetRefused('two keys of the set have one kid');
    keys.set(key.kid, key);
  }
  if (keys.size === 0) throw new KeySetRefused('the set has no usable key');
  return keys;
}

function membersOf(text: string): readonly unknown[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new KeySetRefused('the set is not JSON');
  }
  const keys = isRecord(document) ? document.keys : undefined;
  if (!Array.isArray(keys)) throw new KeySetRefused('the set has no list of keys');
  if (keys.length > MAX_KEYS) throw new KeySetRefused(`the set has more than ${MAX_KEYS} keys`);
  return keys;
}

async function publishedKey(jwk: unknown, known: KeySet): Promise<PublishedKey | undefined> {
  if (!isRecord(jwk) || !isPublicRsa(jwk) || !isForSignatures(jwk) || !isForRs256(jwk)) return undefined;
  const { kid, n, e } = jwk;
  if (!isUsableKid(kid) || typeof n !== 'string' || typeof e !== 'string') return undefined;
  const material = `${n}.${e}`;
  const before = known.get(kid);
  if (before?.material === material) return before;
  const key = await importedRsa(n, e);
  return key === undefined ? undefined : Object.freeze({ kid, algorithm: 'RS256', key, material });
}

function isPublicRsa(jwk: Readonly<Record<string, unknown>>): boolean {
  return jwk.kty === 'RSA' && !PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member));
}

/** RFC 7517 §4.2 and §4.3: both are optional, and an encryption key must never verify a signature. */
function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const { use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** RFC 8725 §3.1: a key is used with exactly one algorithm; one without `alg` counts as RS256. */
function isForRs256(jwk: Readonly<Record<string, unknown>>): boolean {
  return jwk.alg === undefined || jwk.alg === 'RS256';
}

function isUsableKid(kid: unknown): kid is string {
  return typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH;
}

async function importedRsa(n: string, e: string): Promise<CryptoKey | undefined> {
  if (!isStrongRsa(n, e)) return undefined;
  try {
    return (await importJWK({ kty: 'RSA', n, e }, 'RS256')) as CryptoKey;
  } catch {
    return undefined;
  }
}

/** A short modulus can be factored; an exponent that is even or 1 makes forging trivial. */
function isStrongRsa(n: string, e: string): boolean {
  const [modulus, exponent] = [unsigned(n), unsigned(e)];
  if (modulus === undefined || exponent === undefined) return false;
  const bits = modulus.toString(2).length;
  if (bits < MODULUS_BITS.min || bits > MODULUS_BITS.max) return false;
  return exponent > 1n && exponent % 2n === 1n && exponent <= MAX_EXPONENT;
}

/** RFC 7518 §2 Base64urlUInt; undefined for what is none, or longer than any key may be. */
function unsigned(text: string): bigint | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.length > MODULUS_BITS.max / 8 + 1 || bytes.toString('base64url') !== text)
    return undefined;
  return BigInt(`0x${bytes.toString('hex')}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
