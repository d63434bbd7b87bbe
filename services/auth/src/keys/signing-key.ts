import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type PublicJwk, publicJwkOf } from './public-jwk.ts';

/** A private key made ready once: parsing a PEM at every signature would halve the rate. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** Shortest RSA modulus that RS256 may be used with, in bits (RFC 7518 §3.3). */
export const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;

/** A new RSA key; takes a fraction of a second, off the event loop. */
export async function generateSigningKey(bits: number): Promise<SigningKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: bits, publicExponent: 0x10001 });
  return signingKeyOf(pair.privateKey);
}

/** Reads a PEM of an RSA private key (PKCS #1 or PKCS #8). Rejects with an Error that holds nothing of the text. */
export async function readSigningKey(pem: string | Buffer): Promise<SigningKey> {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new Error('is not a private key in PEM');
  }
  return signingKeyOf(privateKey);
}

/** Reads a key as `exportSigningKey` wrote it. */
export function restoreSigningKey(pkcs8: Buffer): Promise<SigningKey> {
  return signingKeyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
}

export function exportSigningKey(key: SigningKey): Buffer {
  return key.privateKey.export({ format: 'der', type: 'pkcs8' });
}

async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (privateKey.asymmetricKeyType !== 'rsa' || bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
    throw new Error(`is not an RSA key of ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits`);
  }
  const publicKey = createPublicKey(privateKey);
  const publicJwk = await publicJwkOf(publicKey);
  return Object.freeze({ kid: publicJwk.kid, privateKey, publicKey, publicJwk });
}
