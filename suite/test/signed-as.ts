import { createHmac, hkdfSync, type KeyObject, sign } from 'node:crypto';
import type { TestIssuer } from '@gaia/testing/issuer';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import type { KnownKeys } from './known-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The keys of every purpose. */
export interface PurposeKeys extends Pick<KnownKeys, 'refreshSecret' | 'linkKey'> {
  readonly signing: TestIssuer['key'];
  readonly webhookSecret: string;
  /** Ed25519 key of a client. */
  readonly clientKey?: KeyObject;
}

/** A token as its genuine signer would make it for the purpose, with these claims. */
export function signedAs(purpose: TokenPurposeName, claims: Claims, keys: PurposeKeys): string {
  return signedWithKeyOf(purpose, tokenPurposes[purpose].typ, claims, keys);
}

/**
 * A token that says it is of `typ` and is signed with the key of a purpose: what would pass if one key served several, and
 * nobody looked at `typ` (RFC 8725 §3.11).
 */
export function signedWithKeyOf(owner: TokenPurposeName, typ: string, claims: Claims, keys: PurposeKeys): string {
  const { alg, kid, signature } = signerOf(owner, keys);
  const text = `${encodePart({ alg, typ, ...(kid && { kid }) })}.${encodePart(claims)}`;
  return `${text}.${signature(text)}`;
}

/** Signs as the genuine signer of a purpose does. */
export interface Signer {
  readonly alg: string;
  readonly kid?: string;
  signature(text: string): string;
}

export function signerOf(purpose: TokenPurposeName, keys: PurposeKeys): Signer {
  const {
    algorithms: [alg],
    typ,
  } = tokenPurposes[purpose];
  if (purpose === 'clientAssertion') {
    return {
      alg: 'EdDSA',
      signature: (text) => sign(null, Buffer.from(text), keyOfClient(keys)).toString('base64url'),
    };
  }
  if (alg === 'RS256') {
    const { kid, privateKey } = keys.signing;
    return { alg, kid, signature: (text) => sign('sha256', Buffer.from(text), privateKey).toString('base64url') };
  }
  const hmac = (secret: string | Buffer) => ({
    alg,
    signature: (text: string) => createHmac('sha256', secret).update(text).digest('base64url'),
  });
  switch (purpose) {
    case 'fileDownload':
      return { ...hmac(keys.linkKey.secret), kid: keys.linkKey.kid };
    case 'webhook':
      return hmac(keys.webhookSecret);
    case 'invitation':
      return hmac(Buffer.from(hkdfSync('sha256', keys.refreshSecret, '', `gaia ${typ}`, 32)));
    default:
      return hmac(keys.refreshSecret);
  }
}

function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function keyOfClient({ clientKey }: PurposeKeys): KeyObject {
  if (clientKey === undefined) throw new TypeError('no key of a client is given');
  return clientKey;
}
