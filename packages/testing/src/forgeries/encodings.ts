import { sign } from 'node:crypto';
import { encodePart } from '../signing.ts';
import { type Forgery, type ForgeryMaterial, forgeriesOf, INVALID, MALFORMED, UNREADABLE } from './forgery.ts';

const { essential, full } = forgeriesOf('encoding');

/** The same token spelt differently, or text that two readers read differently (RFC 8725 §2.4, RFC 7515 §2). */
export function encodingForgeries(material: ForgeryMaterial): readonly Forgery[] {
  return [...spellings(material), ...structures(material), ...documents(material)];
}

function spellings({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const token = issuer.tokenFor({ role: 'owner' });
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    full('padding behind the signature', MALFORMED, `${token}==`),
    full('padding behind the header', MALFORMED, `${header}=.${payload}.${signature}`),
    full('bits set behind the end of the signature', MALFORMED, withTrailingBits(token)),
    full('the other base64 alphabet', MALFORMED, `${header}.${payload}.${otherAlphabet(signature)}`),
    full('a point behind the signature', MALFORMED, `${token}.`),
    full('a point in front of the token', MALFORMED, `.${token}`),
    full('a tilde in the signature', MALFORMED, `${token}~`),
    essential('percent-encoded', MALFORMED, token.replaceAll('.', '%2E')),
    essential('base64url over the whole token', MALFORMED, encodePart(token)),
    essential('quotation marks around the token', MALFORMED, `"${token}"`),
    essential('in brackets', MALFORMED, `<${token}>`),
  ];
}

function structures({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const token = issuer.tokenFor({ role: 'owner' });
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    essential('nothing but points', MALFORMED, '..'),
    essential('one part', MALFORMED, header),
    essential('four parts', MALFORMED, `${token}.${signature}`),
    essential(
      'five parts, as if it were encrypted',
      MALFORMED,
      `${header}.${payload}.${signature}.${signature}.${signature}`,
    ),
    essential('an empty header', MALFORMED, `.${payload}.${signature}`),
    essential('an empty payload', MALFORMED, `${header}..${signature}`),
    essential('parts in another order', UNREADABLE, `${payload}.${header}.${signature}`),
    essential('JSON serialization, flattened', MALFORMED, JSON.stringify({ protected: header, payload, signature })),
    essential('JSON serialization in base64url', MALFORMED, encodePart({ protected: header, payload, signature })),
    full('longer than 8 KB, genuinely signed', MALFORMED, issuer.tokenFor({ claims: { filling: 'x'.repeat(6_500) } })),
  ];
}

/** Genuinely signed, so that nothing but the reading of the text can refuse it. */
function documents({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const header = JSON.stringify(issuer.header());
  const claims = JSON.stringify(issuer.claimsFor({ role: 'member' }));
  const utf8 = (text: string) => Buffer.from(text, 'utf8');
  const signed = (head: string | Buffer, body: string | Buffer) => {
    const signedText = [head, body].map((part) => Buffer.from(part as string).toString('base64url')).join('.');
    return `${signedText}.${sign('RSA-SHA256', Buffer.from(signedText), issuer.key.privateKey).toString('base64url')}`;
  };
  const inside = (text: string, more: string) => `${text.slice(0, -1)},${more}}`;
  const nested = `${'['.repeat(40)}${']'.repeat(40)}`;
  return [
    ...[
      '[]',
      '"text"',
      'null',
      '1',
      'true',
      '',
      'x',
      '{',
      claims.replaceAll('"', "'"),
      `${claims}x`,
      `${claims}${claims}`,
    ].map((body) =>
      essential(
        `payload ${body.length > 20 ? `that ${brokenHow(body, claims)}` : body || 'empty text'}`,
        MALFORMED,
        signed(header, body || ' '),
      ),
    ),
    ...['[]', '"text"', 'null', '1'].map((head) => essential(`header ${head}`, MALFORMED, signed(head, claims))),
    full('alg twice', MALFORMED, signed(inside(header, '"alg":"RS256"'), claims)),
    full('alg twice, once with an escape', MALFORMED, signed(inside(header, '"\\u0061lg":"RS256"'), claims)),
    full('sub twice', MALFORMED, signed(header, inside(claims, '"sub":"another-party"'))),
    full('sub twice, once with an escape', MALFORMED, signed(header, inside(claims, '"s\\u0075b":"another-party"'))),
    full('a claim named with an escape', MALFORMED, signed(header, inside(claims, '"n\\u006fte":1'))),
    full('a member twice inside a claim', MALFORMED, signed(header, inside(claims, '"x":{"a":1,"a":2}'))),
    full('__proto__ twice', MALFORMED, signed(header, inside(claims, '"__proto__":{},"__proto__":{}'))),
    full('nested 40 deep', MALFORMED, signed(header, inside(claims, `"x":${nested}`))),
    full('a byte order mark before the payload', MALFORMED, signed(header, `\ufeff${claims}`)),
    full('a byte order mark before the header', MALFORMED, signed(`\ufeff${header}`, claims)),
    full('UTF-16', MALFORMED, signed(header, Buffer.from(claims, 'utf16le'))),
    full(
      'a byte that is not UTF-8',
      MALFORMED,
      signed(header, Buffer.concat([utf8(claims.slice(0, -2)), Buffer.from([0xff]), utf8('"}')])),
    ),
    full(
      'an overlong UTF-8 sequence',
      MALFORMED,
      signed(header, Buffer.concat([utf8(claims.slice(0, -2)), Buffer.from([0xc0, 0xae]), utf8('"}')])),
    ),
    essential('claims that only __proto__ has', INVALID, signed(header, `{"__proto__":${claims}}`)),
    full('NaN as exp', MALFORMED, signed(header, claims.replace(/"exp":\d+/, '"exp":NaN'))),
    full('infinity as exp', MALFORMED, signed(header, claims.replace(/"exp":\d+/, '"exp":1e999'))),
  ];
}

function brokenHow(body: string, claims: string): string {
  if (body === `${claims}x`) return 'goes on after its end';
  return body.startsWith("{'") ? 'has single quotation marks' : 'is there twice';
}

/** An RSA-2048 signature has 256 bytes, so its last character carries four bits that mean nothing. */
function withTrailingBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.slice(-1)) + 1] ?? '_'}`;
}

/** Makes sure that the signature has a character that differs between the two alphabets. */
function otherAlphabet(signature: string): string {
  const changed = signature.replaceAll('-', '+').replaceAll('_', '/');
  return changed === signature ? `+${signature.slice(1)}` : changed;
}
