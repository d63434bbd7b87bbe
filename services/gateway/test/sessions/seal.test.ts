import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSealer } from '../../src/sessions/seal.ts';

const one = createSealer({ secret: 'one-secret-with-more-than-32-characters', randomBytes });
const other = createSealer({ secret: 'other-secret-with-more-than-32-characters', randomBytes });

it('opens what it sealed, in its place', () => {
  const sealed = one.seal('tëxt', 'place');
  expect(sealed).not.toContain('xt');
  expect(one.open(sealed, 'place')).toBe('tëxt');
  expect(one.seal('tëxt', 'place')).not.toBe(sealed);
});

it('opens nothing else', () => {
  const sealed = one.seal('text', 'place');
  const flipped = Buffer.from(sealed, 'base64url');
  flipped[20] = (flipped[20] ?? 0) ^ 1;
  expect(one.open(sealed, 'elsewhere')).toBeUndefined();
  expect(other.open(sealed, 'place')).toBeUndefined();
  expect(one.open(flipped.toString('base64url'), 'place')).toBeUndefined();
  for (const wrong of ['', 'x', undefined, null, 1, {}, sealed.slice(0, 20)])
    expect(one.open(wrong, 'place')).toBeUndefined();
});

it('gives another digest for another purpose, text or secret', () => {
  const digests = [
    one.digest('a', 'b'),
    one.digest('b', 'b'),
    one.digest('a', 'c'),
    other.digest('a', 'b'),
    one.digest('', 'a\0b'),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(one.digest('a', 'b')).toBe(digests[0]);
});
