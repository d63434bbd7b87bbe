import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Public half of an RSA key as it is published (RFC 7517). */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly n: string;
  readonly e: string;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** A new RSA-2048 key; about 100 ms. */
export function newSigningKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey);
}

/** A key of one's own; its `kid` is the RFC 7638 thumbprint if none is given. */
export function signingKeyOf(privateKey: KeyObject, kid?: string): SigningKey {
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (typeof n !== 'string' || typeof e !== 'string') throw new TypeError('the signing key must be an RSA key');
  const thumbprint = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
  const id = kid ?? thumbprint;
  return { kid: id, privateKey, publicJwk: { kty: 'RSA', kid: id, use: 'sig', alg: 'RS256', n, e } };
}

/** base64url of JSON, or of text that is to be JSON. */
export function encodePart(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part), 'utf8').toString('base64url');
}

/** A compact JWS (RFC 7515 §7.1) with exactly this header and payload, however wrong they are. */
export function signRs256(header: unknown, payload: unknown, privateKey: KeyObject): string {
  const signedText = `${encodePart(header)}.${encodePart(payload)}`;
  return `${signedText}.${sign('RSA-SHA256', Buffer.from(signedText), privateKey).toString('base64url')}`;
}
