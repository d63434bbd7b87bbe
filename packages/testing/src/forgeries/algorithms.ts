import { constants, createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { encodePart } from '../signing.ts';
import { type Forgery, type ForgeryMaterial, forgeriesOf, INVALID, UNREADABLE } from './forgery.ts';

const { essential, full } = forgeriesOf('algorithm');

/** The header says how it wants to be verified (RFC 8725 §2.1, §3.1). */
export function algorithmForgeries({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const payload = encodePart(issuer.claimsFor({ role: 'owner' }));
  const genuine = issuer.tokenFor({ role: 'owner' });
  const [, genuinePayload = '', genuineSignature = ''] = genuine.split('.');
  const part = (alg: unknown) => encodePart({ ...issuer.header(), alg });
  return [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].flatMap((alg) => [
      essential(`"${alg}" without a signature`, UNREADABLE, `${part(alg)}.${payload}.`),
      essential(
        `"${alg}" with a genuine signature left on`,
        INVALID,
        `${part(alg)}.${genuinePayload}.${genuineSignature}`,
      ),
    ]),
    ...[null, undefined, 0, true, ['RS256'], ['none'], { name: 'RS256' }].map((alg) =>
      essential(`${JSON.stringify(alg) ?? 'absent'}`, INVALID, `${part(alg)}.${payload}.${genuineSignature}`),
    ),
    ...symmetricForgeries(issuer.key.privateKey, payload, part),
    ...otherAlgorithms(issuer.key.privateKey, payload, part),
    essential('ES256 with a signature of zeros', INVALID, `${part('ES256')}.${payload}.${zeros(64)}`),
    essential('EdDSA with a signature of zeros', INVALID, `${part('EdDSA')}.${payload}.${zeros(64)}`),
    full(
      'rs256 in small letters, genuinely signed',
      INVALID,
      issuer.sign({ ...issuer.header(), alg: 'rs256' }, issuer.claimsFor()),
    ),
    full(
      'RS256 with a space behind it, genuinely signed',
      INVALID,
      issuer.sign({ ...issuer.header(), alg: 'RS256 ' }, issuer.claimsFor()),
    ),
  ];
}

/** RFC 8725 §2.1: the public key, which everybody has, used as the secret of an HMAC, in each form it is published in. */
function symmetricForgeries(privateKey: KeyObject, payload: string, part: (alg: string) => string): readonly Forgery[] {
  return Object.entries(serialisations(privateKey)).flatMap(([form, secret]) => [
    ...['HS256', 'HS384', 'HS512'].map((alg) =>
      essential(`${alg} with ${form} as the secret`, INVALID, hmac(alg, part(alg), payload, secret)),
    ),
    essential(`RS256 over an HMAC with ${form} as the secret`, INVALID, hmac('HS256', part('RS256'), payload, secret)),
  ]);
}

function serialisations(privateKey: KeyObject): Readonly<Record<string, string | Buffer>> {
  const key = createPublicKey(privateKey);
  const spki = key.export({ type: 'spki', format: 'pem' }).toString();
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }).toString();
  const jwk = key.export({ format: 'jwk' });
  return {
    'the SPKI PEM': spki,
    'the SPKI PEM without its last line break': spki.trimEnd(),
    'the SPKI PEM with CRLF': spki.replaceAll('\n', '\r\n'),
    'the base64 of the SPKI PEM': spki.replace(/-----[A-Z ]+-----|\n/g, ''),
    'the PKCS#1 PEM': pkcs1,
    'the PKCS#1 PEM without its last line break': pkcs1.trimEnd(),
    'the SPKI DER': key.export({ type: 'spki', format: 'der' }),
    'the PKCS#1 DER': key.export({ type: 'pkcs1', format: 'der' }),
    'the JWK': JSON.stringify(jwk),
    'the JWK in canonical form': JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }),
    'the modulus': Buffer.from(jwk.n ?? '', 'base64url'),
    'the modulus as text': jwk.n ?? '',
    nothing: '',
  };
}

/** RFC 8725 §3.1: one key, one algorithm, even where the signature is genuine. */
function otherAlgorithms(privateKey: KeyObject, payload: string, part: (alg: string) => string): readonly Forgery[] {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const kinds = [
    ['RS384', 'RSA-SHA384', {}],
    ['RS512', 'RSA-SHA512', {}],
    ['PS256', 'RSA-SHA256', pss],
    ['PS512', 'RSA-SHA512', pss],
  ] as const;
  return kinds.map(([alg, digest, options]) => {
    const signedText = `${part(alg)}.${payload}`;
    const signature = sign(digest, Buffer.from(signedText), { key: privateKey, ...options });
    return full(`${alg}, genuinely signed`, INVALID, `${signedText}.${signature.toString('base64url')}`);
  });
}

function hmac(alg: string, header: string, payload: string, secret: string | Buffer): string {
  const signedText = `${header}.${payload}`;
  return `${signedText}.${createHmac(`sha${alg.slice(2)}`, secret)
    .update(signedText)
    .digest('base64url')}`;
}

function zeros(bytes: number): string {
  return Buffer.alloc(bytes).toString('base64url');
}
