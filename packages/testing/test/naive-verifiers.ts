import type { webcrypto } from 'node:crypto';
import { createHmac, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { TestIssuer } from '../src/issuer.ts';
import type { Answer, Send } from '../src/senders.ts';

interface Parsed {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly signedText: string;
  readonly signature: Buffer;
}

export type NaiveVerifier = (token: Parsed, issuer: TestIssuer) => boolean | Promise<boolean>;

/** Verifiers that each make one of the mistakes from which RFC 8725 warns. Otherwise they look at the signature only. */
export const naiveVerifiers: Readonly<Record<string, NaiveVerifier>> = {
  'does not verify': () => true,
  'believes alg none': ({ header, ...token }, issuer) =>
    String(header.alg).trim().toLowerCase() === 'none' || isRs256(token, keyOf(issuer)),
  'uses the key as the header says': ({ header, ...token }, issuer) =>
    header.alg === 'HS256'
      ? createHmac('sha256', keyOf(issuer).export({ type: 'spki', format: 'pem' }))
          .update(token.signedText)
          .digest()
          .equals(token.signature)
      : isRs256(token, keyOf(issuer)),
  'believes an embedded jwk': ({ header, ...token }, issuer) =>
    isRs256(
      token,
      header.jwk ? createPublicKey({ key: header.jwk as webcrypto.JsonWebKey, format: 'jwk' }) : keyOf(issuer),
    ),
  'believes an embedded certificate': ({ header, ...token }, issuer) =>
    isRs256(
      token,
      Array.isArray(header.x5c)
        ? new X509Certificate(Buffer.from(String(header.x5c[0]), 'base64')).publicKey
        : keyOf(issuer),
    ),
  'fetches the key from where the token says': async ({ header, ...token }, issuer) => {
    if (typeof header.jku !== 'string' || !URL.canParse(header.jku)) return isRs256(token, keyOf(issuer));
    const { keys } = (await (await fetch(header.jku)).json()) as { keys: webcrypto.JsonWebKey[] };
    return isRs256(token, createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }));
  },
  'looks at the signature only': (token, issuer) => isRs256(token, keyOf(issuer)),
  'looks at exp too': (token, issuer) =>
    isRs256(token, keyOf(issuer)) && Number(token.payload.exp) * 1_000 > issuer.now(),
};

/** A service with such a verifier; whatever goes wrong inside it is a refusal. */
export function serviceOf(verifier: NaiveVerifier, issuer: TestIssuer): Send {
  return async ({ headers }) => {
    const header = headers.find(([name]) => name === 'authorization')?.[1] ?? '';
    const accepted = await Promise.resolve()
      .then(() => verifier(parse(header.replace(/^Bearer /, '')), issuer))
      .catch(() => false);
    return accepted ? answer(200) : answer(401);
  };
}

function answer(status: number): Answer {
  return { status, headers: status === 401 ? { 'www-authenticate': 'Bearer' } : {}, body: '{}' };
}

function parse(token: string): Parsed {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: json(header),
    payload: json(payload),
    signedText: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

function keyOf(issuer: TestIssuer): KeyObject {
  return createPublicKey(issuer.key.privateKey);
}

function isRs256({ signedText, signature }: Pick<Parsed, 'signedText' | 'signature'>, key: KeyObject): boolean {
  return verify('RSA-SHA256', Buffer.from(signedText), key, signature);
}
