import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenOfHeader } from '../src/bearer.ts';
import { readCompactToken } from '../src/compact-token.ts';
import { TokenRefusal } from '../src/refusal.ts';
import { readJsonObject } from '../src/strict-json.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function reasonOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof TokenRefusal) return error.reason;
    throw error;
  }
}

describe('a compact token', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.dictionary(fc.string(), fc.integer()),
        (bytes, claims) => {
          const signature = Buffer.from(bytes);
          const signedText = `${part({ alg: 'RS256' })}.${part(claims)}`;
          const token = readCompactToken(`${signedText}.${signature.toString('base64url')}`);
          expect(token.payload).toEqual(JSON.parse(JSON.stringify(claims)));
          expect(token.signature.equals(signature)).toBe(true);
          expect(token.signedText).toBe(signedText);
        },
      ),
    );
  });

  it('has one spelling only: every other one of the same bytes is refused', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=', ''];
    let tried = 0;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const spelling = Buffer.from(bytes).toString('base64url');
        const others = [...spelling, ''].flatMap((_, at) =>
          letters.flatMap((letter) => [0, 1].map((drop) => spelling.slice(0, at) + letter + spelling.slice(at + drop))),
        );
        for (const other of others) {
          if (other === spelling || !Buffer.from(other, 'base64url').equals(Buffer.from(bytes))) continue;
          const token = `${part({})}.${part({})}.${other}`;
          expect(reasonOf(() => readCompactToken(token))).toMatch(/^(encoding_not_canonical|bearer_syntax)$/);
          tried += 1;
        }
      }),
      { numRuns: 30 },
    );
    expect(tried).toBeGreaterThan(50);
  });

  it.each(['AB', 'AC', 'AQ=', 'AQ==', 'A', 'AAB', 'AAAAA', 'AQ\n', '+A', '/w', 'A_9'])(
    'with the part %j is refused',
    (spelling) => {
      const token = `${part({})}.${part({})}.${spelling}`;
      expect(reasonOf(() => readCompactToken(token))).toMatch(/^(encoding_not_canonical|bearer_syntax)$/);
    },
  );

  it('is refused by name, whatever text comes', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.stringMatching(/^[A-Za-z0-9_.-]{0,80}$/),
      fc
        .tuple(fc.json(), fc.json(), fc.string())
        .map((parts) => parts.map((one) => Buffer.from(one).toString('base64url')).join('.')),
    );
    fc.assert(
      fc.property(anyText, (text) => reasonOf(() => readCompactToken(text)) !== ''),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(anyText, (text) => reasonOf(() => tokenOfHeader(text)) !== ''),
      { numRuns: 2_000 },
    );
  });
});

describe('a text that is no token', () => {
  const [header, payload, signature] = [part({ alg: 'RS256' }), part({ sub: 'x' }), 'AAAA'];

  it.each([
    ['', 'bearer_syntax'],
    [' a.b.c', 'bearer_syntax'],
    ['"a.b.c', 'bearer_syntax'],
    ['a.b.c"', 'bearer_syntax'],
    ['a.b.c,d', 'bearer_syntax'],
    ['a=.b.c', 'bearer_syntax'],
    ['ä.b.c', 'bearer_syntax'],
    ['a', 'not_three_parts'],
    ['..', 'not_three_parts'],
    [`${header}.${payload}`, 'not_three_parts'],
    [`.${payload}.${signature}`, 'not_three_parts'],
    [`${header}..${signature}`, 'not_three_parts'],
    [`${header}.${payload}.`, 'not_three_parts'],
    [`${header}.${payload}.${signature}.`, 'not_three_parts'],
    [`${header}.${payload}.${signature}.${signature}`, 'not_three_parts'],
    [`${header}.${payload}.${signature}`, 'read'],
  ])('%s: %s', (text, expected) => {
    expect(reasonOf(() => readCompactToken(text))).toBe(expected);
  });
});

describe('strict JSON', () => {
  const anyObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }));

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(anyObject, (value) => {
        const text = JSON.stringify(value);
        fc.pre(text.isWellFormed());
        expect(readJsonObject(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses a member that stands twice, wherever and however it is spelt', () => {
    const escaped = (name: string) =>
      [...name].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,8}$/), fc.boolean(), fc.nat(4), (name, spelt, depth) => {
        const twice = `{"${name}":1,"x y":"{\\"a\\":1,","${spelt ? escaped(name) : name}":2}`;
        const text = `${'{"o":['.repeat(1 + (depth % 3))}${twice}${']}'.repeat(1 + (depth % 3))}`;
        expect(reasonOf(() => readJsonObject(Buffer.from(text)))).toBe('member_repeated');
      }),
    );
  });

  it.each([
    ['{"a":{"a":{"a":1}}}', 'read'],
    ['{"a":[{"a":1},{"a":1}]}', 'read'],
    ['{"a":"a","b":"a","c":["a","a"]}', 'read'],
    ['{"a":[1,"a"],"b":1}', 'read'],
    ['{"a":"\\\\","b":"\\"","c":"{"}', 'read'],
    [' {\n"a" : 1 , "b" : 2 } ', 'read'],
    ['{}', 'read'],
    ['{"a":1,"a":1}', 'member_repeated'],
    ['{"a":[],"a":[]}', 'member_repeated'],
    ['{"a":{},"b":{},"a":{}}', 'member_repeated'],
    ['{"":1,"":1}', 'member_repeated'],
    ['{"a\\"":1,"a\\"":1}', 'member_repeated'],
    ['{"\\u0061":1,"a":1}', 'member_repeated'],
    ['{"a":[{"b":1,"b":1}]}', 'member_repeated'],
    ['{"a":[{"b":1}],"a":1}', 'member_repeated'],
    ['{"a":[[[[[[[1]]]]]]]}', 'read'],
    ['{"a":[[[[[[[[1]]]]]]]]}', 'nested_too_deep'],
    ['{"a":[],"b":[],"c":[],"d":[],"e":[],"f":[],"g":[],"h":[],"i":[]}', 'read'],
    ['[]', 'not_json'],
    ['null', 'not_json'],
    ['"a"', 'not_json'],
    ['7', 'not_json'],
    ['{"a":1,}', 'not_json'],
    ['\ufeff{}', 'not_json'],
    ['', 'not_json'],
  ])('%j is %s', (text, expected) => {
    expect(reasonOf(() => readJsonObject(Buffer.from(text)))).toBe(expected);
  });

  it.each(['ff', 'c0ae', 'eda080', 'f8888080', 'c3'])('bytes %s are not UTF-8', (hex) => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
    expect(reasonOf(() => readJsonObject(bytes))).toBe('not_utf8');
  });
});
