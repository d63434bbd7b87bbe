import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';

/** A public RSA key as it is published (RFC 7517 §4, RFC 7518 §6.3.1). */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly n: string;
  readonly e: string;
}

/** The public half of an RSA key, named by its RFC 7638 thumbprint. Rejects for a key of another kind. */
export async function publicJwkOf(publicKey: KeyObject): Promise<PublicJwk> {
  const { kty, n, e } = await exportJWK(publicKey);
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new Error('the key is not an RSA key');
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return { kty: 'RSA', kid, use: 'sig', alg: 'RS256', n, e };
}
