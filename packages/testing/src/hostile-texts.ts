import fc from 'fast-check';
import { anyCharacter } from './any-character.ts';

/** Levels of nesting that exhaust the stack of a parser that calls itself. */
const DEEP = 2_500;

const nested = ['[', '{', '(', '{"a":', '[{"a":', '{a', '<a>'];
const repeated = ['a', '9', ' ', '"', '\\', '%25', ',', '.', '/', '-', '@a.', '"",', '\u{1f4a5}'];
const characters = ['', ' ', '\u0000', '\ud800', '\ufeff', '\u202e', '\r\nx-injected: 1', '\u{10ffff}'];
const numbers = ['-0', '1e999', '1.5', 'NaN', '9'.repeat(400)];
const names = ['__proto__', 'constructor', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}'];
const fragments = [
  'null',
  '[]',
  '{}',
  '{"a"',
  '{"a":1,"a":2}',
  'a=b&a=c',
  '%ff%zz',
  '%c0%ae',
  "'; drop table users; --",
  '*',
];

const encoded = (text: string) => Buffer.from(text).toString('base64url');

/** Tokens and cursors are JSON in base64url: what is hostile there is hidden in it. */
const wrapped = [
  encoded('['.repeat(DEEP)),
  encoded('["a",'.repeat(1_000)),
  encoded('{"__proto__":{"a":1}}'),
  encoded('["\\u0000","\\ud800"]'),
  `${encoded('{"alg":"RS256","typ":"at+jwt","kid":"__proto__"}')}.${encoded('{"a":'.repeat(DEEP))}.${encoded('x')}`,
  `${encoded('['.repeat(DEEP))}.${encoded('{}')}.${encoded('x')}`,
];

/** Texts that parsers which call themselves have been known to fail at, whatever they expect. */
export const deepTexts: readonly string[] = [...nested.map((part) => part.repeat(DEEP)), ...wrapped];

/** Texts that others have been known to fail at. */
export const oddTexts: readonly string[] = [
  ...repeated.map((part) => part.repeat(DEEP)),
  ...characters,
  ...numbers,
  ...names,
  ...fragments,
];

/** Made-up ones: any characters, and hostile texts put together. */
export const anyHostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 200 }),
  fc.string({ unit: 'binary-ascii', maxLength: 200 }),
  fc.json(),
  fc.tuple(fc.constantFrom(...oddTexts), fc.constantFrom(...deepTexts, ...oddTexts)).map((parts) => parts.join('')),
);
