import { createHash, type KeyObject } from 'node:crypto';

/** A public RSA key as it is published (RFC 7517 §4, RFC 7518 §6.3.1). */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly n: string;
  readonly e: string;
}

/** The public half of an RSA key, named by its RFC 7638 thumbprint. Throws for a key of another kind. */
export function publicJwkOf(publicKey: KeyObject): PublicJwk {
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new Error('the key is not an RSA key');
  return { kty, kid: rsaThumbprint(n, e), use: 'sig', alg: 'RS256', n, e };
}

/** RFC 7638 §3.2: the required members in lexicographic order, without white space. */
function rsaThumbprint(n: string, e: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url');
}
