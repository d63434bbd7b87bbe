import { anyCharacter } from '@gaia/testing/any-character';
import { reasonOf } from '@gaia/testing/reason-of';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCompactToken } from '../src/compact-token.ts';
import { readJsonObject } from '../src/strict-json.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a compact token', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.dictionary(fc.stringMatching(/^[^"\\\p{Cc}]*$/u), fc.integer()),
        (bytes, claims) => {
          const signature = Buffer.from(bytes);
          const signedText = `${part({ alg: 'RS256' })}.${part(claims)}`;
          const token = readCompactToken(`${signedText}.${signature.toString('base64url')}`);
          expect(token.payload).toEqual(JSON.parse(JSON.stringify(claims)));
          expect(token.header).toEqual({ alg: 'RS256' });
        },
      ),
    );
  });

  it('has one spelling only: every other one of the same bytes is refused', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=', ''];
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const spelling = Buffer.from(bytes).toString('base64url');
        const others = [...spelling, '']
          .flatMap((_, at) =>
            letters.flatMap((letter) =>
              [0, 1].map((drop) => spelling.slice(0, at) + letter + spelling.slice(at + drop)),
            ),
          )
          .filter((other) => other !== spelling && Buffer.from(other, 'base64url').equals(Buffer.from(bytes)));
        expect(others).toContain(`${spelling}=`);
        for (const other of others) {
          const token = `${part({})}.${part({})}.${other}`;
          expect(reasonOf(() => readCompactToken(token))).toMatch(/^(encoding_not_canonical|bearer_syntax)$/);
        }
      }),
      { numRuns: 30 },
    );
  });

  it.each(['AB', 'AC', 'AQ=', 'AQ==', 'A', 'AAB', 'AAAAA', 'AQ\n', '+A', '/w', 'A_9'])(
    'with the part %j is refused',
    (spelling) => {
      const token = `${part({})}.${part({})}.${spelling}`;
      expect(reasonOf(() => readCompactToken(token))).toMatch(/^(encoding_not_canonical|bearer_syntax)$/);
    },
  );

  it('is told from other texts as its grammar says', () => {
    const canonical = (text: string) =>
      /^[\w-]+$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text;
    const piece = fc.oneof(
      fc.constantFrom(
        'e30',
        'eyJhIjoxfQ',
        'AAAA',
        'AQ',
        'e31',
        'W10',
        '',
        'AB',
        'AQ=',
        'a,b',
        ' ',
        '~',
        '+A',
        'é',
        '\n',
      ),
      fc.stringMatching(/^[\w-]{0,6}$/),
    );
    const isObject = (text: string) => reasonOf(() => readJsonObject(Buffer.from(text, 'base64url'))) === 'read';
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const token = pieces.join('.');
        const [header = '', payload = ''] = pieces;
        const isWhole = pieces.length === 3 && pieces.every(canonical);
        const reason = reasonOf(() => readCompactToken(token));
        if (isWhole && isObject(header) && isObject(payload)) expect(reason).toBe('read');
        else if (isWhole) expect(reason).toMatch(/^not_(json|utf8)$/);
        else expect(reason).toMatch(/^(bearer_syntax|not_three_parts|encoding_not_canonical|not_json|not_utf8)$/);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused by name, whatever text comes', () => {
    const anyText = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 200 }),
      fc.stringMatching(/^[A-Za-z0-9_.-]{0,80}$/),
      fc
        .tuple(fc.json({ maxDepth: 1 }), fc.json({ maxDepth: 1 }), fc.string())
        .map((parts) => parts.map((one) => Buffer.from(one).toString('base64url')).join('.')),
    );
    fc.assert(
      fc.property(anyText, (text) => reasonOf(() => readCompactToken(text)) !== ''),
      { numRuns: 500 },
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
