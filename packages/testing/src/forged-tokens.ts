import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

type Members = Readonly<Record<string, unknown>>;

/** What a genuine token of a purpose is made of. */
export interface GenuineToken {
  readonly header: Members;
  readonly claims: Members;
  /** Base64url of the signature over this text, by the key that the verifier trusts. */
  signature(text: string): string;
  /** PEM of the public key, where the signature is asymmetric. */
  readonly publicKeyPem?: string | undefined;
}

export interface ForgedToken {
  readonly name: string;
  readonly text: string;
  readonly group: 'spelling' | 'document' | 'header' | 'signature' | 'structure' | 'claim';
  /** What alone is wrong, where some verifier may take the token for it. */
  readonly only: 'expired' | 'issuer' | undefined;
}

/** A key that no verifier trusts, made when it is first needed. */
let attackersKey: ReturnType<typeof newKey> | undefined;

const encode = (part: string | Buffer): string => Buffer.from(part as string).toString('base64url');

/**
 * Forgeries of a token of any purpose. Unless the name speaks of the signature or the key, each is signed by the genuine
 * key over exactly the text that is shown, so that nothing but its one fault can be the reason to refuse it.
 */
export function forgedTokens(genuine: () => GenuineToken): readonly ForgedToken[] {
  const groups: Readonly<Record<ForgedToken['group'], readonly Named[]>> = {
    spelling: spellings(genuine()),
    document: documents(genuine),
    header: headers(genuine),
    signature: signatures(genuine()),
    structure: structures(genuine()),
    claim: claims(genuine),
  };
  return Object.entries(groups).flatMap(([group, named]) =>
    named.map(([name, text]) => ({ name, text, group: group as ForgedToken['group'], only: ONLY[name] })),
  );
}

const ONLY: Readonly<Record<string, ForgedToken['only']>> = { 'exp an hour ago': 'expired', 'another iss': 'issuer' };

function newKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2_048 });
}

type Named = readonly [name: string, text: string];

function signed({ signature }: GenuineToken, header: string, payload: string): string {
  const text = `${header}.${payload}`;
  return `${text}.${signature(text)}`;
}

/** RFC 7515 §2, RFC 8725 §2.4: one token has one spelling. */
function spellings(token: GenuineToken): readonly Named[] {
  // White space behind the document leaves bits behind its last character that mean nothing.
  const header = encode(withLooseBits(JSON.stringify(token.header)));
  const payload = encode(withLooseBits(JSON.stringify(token.claims)));
  const signature = token.signature(`${header}.${payload}`);
  const within = (part: string, text: string) => `${part.slice(0, 7)}${text}${part.slice(7)}`;
  return [
    ...otherSpellings(header).map((other) => ['header with loose bits', signed(token, other, payload)] as const),
    ...otherSpellings(payload).map((other) => ['payload with loose bits', signed(token, header, other)] as const),
    ...otherSpellings(signature).map(
      (other) => ['signature with loose bits', `${header}.${payload}.${other}`] as const,
    ),
    ['padding behind the header', signed(token, padded(header), payload)],
    ['padding behind the payload', signed(token, header, padded(payload))],
    ['padding behind the signature', `${header}.${payload}.${signature}=`],
    ...[' ', '\t', '!', '%0A'].flatMap((text) => [
      [`${JSON.stringify(text)} within the header`, signed(token, within(header, text), payload)] as const,
      [`${JSON.stringify(text)} within the payload`, signed(token, header, within(payload, text))] as const,
      [`${JSON.stringify(text)} within the signature`, `${header}.${payload}.${within(signature, text)}`] as const,
    ]),
  ];
}

function withLooseBits(json: string): string {
  return Buffer.byteLength(json) % 3 === 0 ? `${json} ` : json;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Every other last character that decodes to the same bytes. */
function otherSpellings(part: string): readonly string[] {
  const bytes = Buffer.from(part, 'base64url');
  return [...ALPHABET]
    .map((character) => part.slice(0, -1) + character)
    .filter((other) => other !== part && Buffer.from(other, 'base64url').equals(bytes));
}

function padded(part: string): string {
  return part + '='.repeat((4 - (part.length % 4)) % 4 || 4);
}

/** Documents that two readers can read differently. */
function documents(genuine: () => GenuineToken): readonly Named[] {
  const make = (change: (header: string, payload: string) => readonly [string | Buffer, string | Buffer]): string => {
    const token = genuine();
    const [header, payload] = change(JSON.stringify(token.header), JSON.stringify(token.claims));
    return signed(token, encode(header), encode(payload));
  };
  const inside = (json: string, more: string) => `${json.slice(0, -1)},${more}}`;
  const deep = `"x":${'['.repeat(200)}${']'.repeat(200)}`;
  const again = (json: string, name: string) =>
    inside(json, JSON.stringify({ [name]: JSON.parse(json)[name] }).slice(1, -1));
  return [
    ['alg twice', make((header, payload) => [again(header, 'alg'), payload])],
    ['typ twice', make((header, payload) => [again(header, 'typ'), payload])],
    ['exp twice', make((header, payload) => [header, again(payload, 'exp')])],
    [
      'jti or sid twice',
      make((header, payload) => [header, again(payload, payload.includes('"jti"') ? 'jti' : 'sid')]),
    ],
    ['a member twice inside a claim', make((header, payload) => [header, inside(payload, '"x":{"a":1,"a":2}')])],
    ['__proto__ twice', make((header, payload) => [header, inside(payload, '"__proto__":{},"__proto__":{}')])],
    ['alg written with an escape', make((header, payload) => [header.replace('"alg"', '"\\u0061lg"'), payload])],
    ['exp written with an escape', make((header, payload) => [header, payload.replace('"exp"', '"e\\u0078p"')])],
    ['a further claim named with an escape', make((header, payload) => [header, inside(payload, '"n\\u006fte":1')])],
    ['a header nested 200 deep', make((header, payload) => [inside(header, deep), payload])],
    ['a payload nested 200 deep', make((header, payload) => [header, inside(payload, deep)])],
    ['a byte order mark before the header', make((header, payload) => [`\ufeff${header}`, payload])],
    ['a byte order mark before the payload', make((header, payload) => [header, `\ufeff${payload}`])],
    ['a payload in UTF-16', make((header, payload) => [header, Buffer.from(payload, 'utf16le')])],
    [
      'a byte that is not UTF-8',
      make((header, payload) => [
        header,
        Buffer.concat([Buffer.from(inside(payload, '"x":"').slice(0, -1)), Buffer.from([0xff]), Buffer.from('"}')]),
      ]),
    ],
    ['text behind the payload', make((header, payload) => [header, `${payload}x`])],
    ['a payload in a list', make((header, payload) => [header, `[${payload}]`])],
    ['claims that only __proto__ has', make((header, payload) => [header, `{"__proto__":${payload}}`])],
    ['a header that only __proto__ has', make((header, payload) => [`{"__proto__":${header}}`, payload])],
    ['Infinity as exp', make((header, payload) => [header, payload.replace(/"exp":\d+/, '"exp":1e999')])],
  ];
}

/** RFC 8725 §3.1, §3.10: the header neither chooses the algorithm nor brings a key. */
function headers(genuine: () => GenuineToken): readonly Named[] {
  const withHeader = (members: Members): string => {
    const token = genuine();
    const header = JSON.stringify({ ...token.header, ...members });
    return signed(token, encode(header), encode(JSON.stringify(token.claims)));
  };
  attackersKey ??= newKey();
  const { publicKey, privateKey } = attackersKey;
  const attackersJwk = publicKey.export({ format: 'jwk' });
  const byAttacker = (members: Members): string => {
    const token = genuine();
    const header = encode(JSON.stringify({ ...token.header, alg: 'RS256', ...members }));
    const text = `${header}.${encode(JSON.stringify(token.claims))}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };
  const url = 'http://127.0.0.1:9/keys.json';
  const bringing: readonly (readonly [string, Members])[] = [
    ['jku', { jku: url }],
    ['x5u', { x5u: url }],
    ['jwk', { jwk: attackersJwk }],
    ['x5c', { x5c: ['MIIB'] }],
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: true }],
    ['b64 that is critical', { b64: false, crit: ['b64'] }],
  ];
  return [
    ...bringing.flatMap(([name, members]) => [
      [`${name} in the header`, withHeader(members)] as const,
      [`${name} in the header, with another key's signature`, byAttacker(members)] as const,
    ]),
    ["another key's signature", byAttacker({})],
    ...['none', 'None', '', 'hs256', 'HS512', 'RS512', 'PS256', 'ES512'].map(
      (alg) => [`alg ${JSON.stringify(alg)}`, withHeader({ alg })] as const,
    ),
    ...[undefined, null, 0, ['RS256'], { name: 'HS256' }].map(
      (alg) => [`alg ${JSON.stringify(alg) ?? 'absent'}`, withHeader({ alg })] as const,
    ),
    ...[1, true, ['at+jwt'], {}, '', 'at', 'jwe'].map(
      (typ) => [`typ ${JSON.stringify(typ)}`, withHeader({ typ })] as const,
    ),
    ...[1, true, {}, [], '', 'k'.repeat(300)].map(
      (kid) => [`kid ${JSON.stringify(kid).slice(0, 12)}`, withHeader({ kid })] as const,
    ),
    ...unsigned(genuine()),
    ...confused(genuine()),
  ];
}

function unsigned({ header, claims: payload }: GenuineToken): readonly Named[] {
  return ['none', 'NONE'].map((alg) => {
    const text = `${encode(JSON.stringify({ ...header, alg }))}.${encode(JSON.stringify(payload))}`;
    return [`alg "${alg}" without a signature`, `${text}.`];
  });
}

/** RFC 8725 §2.1: what everybody knows, used as the secret of an HMAC. */
function confused({ header, claims: payload, publicKeyPem }: GenuineToken): readonly Named[] {
  const secrets: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['the kid', String(header.kid ?? 'undefined')],
    ...(publicKeyPem === undefined
      ? []
      : [
          ['the public key', publicKeyPem] as const,
          ['the public key without its last line break', publicKeyPem.trimEnd()] as const,
        ]),
  ];
  return secrets.map(([name, secret]) => {
    const text = `${encode(JSON.stringify({ ...header, alg: 'HS256' }))}.${encode(JSON.stringify(payload))}`;
    return [
      `HS256 with ${name} as the secret`,
      `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`,
    ];
  });
}

function signatures(token: GenuineToken): readonly Named[] {
  const header = encode(JSON.stringify(token.header));
  const payload = encode(JSON.stringify(token.claims));
  const bytes = Buffer.from(token.signature(`${header}.${payload}`), 'base64url');
  const withSignature = (changed: Buffer) => `${header}.${payload}.${changed.toString('base64url')}`;
  const flipped = (at: number) => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
  return [
    ['a signature that is stripped', `${header}.${payload}.`],
    ...[0, bytes.length >> 1, bytes.length - 1].map(
      (at) => [`a signature with a bit of byte ${at} flipped`, withSignature(flipped(at))] as const,
    ),
    ['a signature of zeros', withSignature(Buffer.alloc(bytes.length))],
    ['a signature cut by one byte', withSignature(bytes.subarray(0, -1))],
    ['a signature with a byte behind it', withSignature(Buffer.concat([bytes, Buffer.from([0])]))],
    ['a signature of another payload', `${signed(token, header, encode('{}')).replace(/\.[^.]+\./, `.${payload}.`)}`],
    [
      'a signature of an earlier expiry',
      `${header}.${encode(JSON.stringify({ ...token.claims, exp: Number(token.claims.exp) + 60 }))}.${bytes.toString('base64url')}`,
    ],
  ];
}

function structures(token: GenuineToken): readonly Named[] {
  const header = encode(JSON.stringify(token.header));
  const payload = encode(JSON.stringify(token.claims));
  const text = signed(token, header, payload);
  const long = JSON.stringify({ ...token.claims, filling: 'x'.repeat(6_500) });
  return [
    ['two parts', `${header}.${payload}`],
    ['four parts', `${text}.${payload}`],
    ['five parts, as if it were encrypted', `${text}.${payload}.${payload}`],
    ['a point behind the token', `${text}.`],
    ['a point in front of the token', `.${text}`],
    ['base64url of the whole token', encode(text)],
    ['JSON serialization', JSON.stringify({ protected: header, payload, signature: text.split('.')[2] })],
    ['longer than 8 KB', signed(token, header, encode(long))],
  ];
}

/** RFC 7519 §4.1, RFC 8725 §3.9: claims that are missing, of another kind, or of another place or time. */
function claims(genuine: () => GenuineToken): readonly Named[] {
  const now = Math.floor(Date.now() / 1_000);
  const withClaims = (change: (claims: Members) => Members): string => {
    const token = genuine();
    return signed(token, encode(JSON.stringify(token.header)), encode(JSON.stringify(change(token.claims))));
  };
  const replaced = (name: string, value: unknown): Named => [
    `${name} ${JSON.stringify(value)?.slice(0, 40) ?? 'absent'}`,
    withClaims((given) => ({ ...given, [name]: value })),
  ];
  const known = Object.keys(genuine().claims);
  return [
    replaced('exp', undefined),
    replaced('exp', null),
    replaced('exp', String(now + 60)),
    ['exp an hour ago', withClaims((given) => ({ ...given, iat: now - 3_610, nbf: now - 3_610, exp: now - 3_600 }))],
    replaced('exp', -1),
    replaced('exp', [now + 60]),
    replaced('iat', now + 3_600),
    replaced('iat', -1),
    replaced('iat', String(now)),
    replaced('nbf', now + 3_600),
    replaced('nbf', {}),
    ...['iss', 'aud', 'sub', 'jti'].flatMap((name) =>
      known.includes(name) ? [replaced(name, ''), replaced(name, 1), replaced(name, { $ne: null })] : [],
    ),
    ...(known.includes('iss')
      ? [['another iss', withClaims((given) => ({ ...given, iss: 'https://elsewhere.example' }))] as const]
      : []),
    ...(known.includes('aud')
      ? [
          replaced('aud', 'https://elsewhere.example'),
          replaced('aud', ['https://elsewhere.example']),
          replaced('aud', []),
        ]
      : []),
  ];
}
