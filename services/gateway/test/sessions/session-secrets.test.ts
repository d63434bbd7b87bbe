import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSessionSecrets } from '../../src/sessions/session-secrets.ts';

const ONE = 'one-secret-with-more-than-32-characters';
const OTHER = 'other-secret-with-more-than-32-characters';
const one = createSessionSecrets({ secret: ONE, randomBytes });
const other = createSessionSecrets({ secret: OTHER, randomBytes });

it('opens sessions with the secret that sealed them, present or previous, and with no other', () => {
  const sealed = one.sealer.seal('tëxt', 'place');
  expect(one.sealer.open(sealed, 'place')).toBe('tëxt');
  expect(one.sealer.open(sealed, 'elsewhere')).toBeUndefined();
  expect(other.sealer.open(sealed, 'place')).toBeUndefined();
  const changed = createSessionSecrets({ secret: OTHER, previous: ONE, randomBytes });
  expect(changed.sealer.open(sealed, 'place')).toBe('tëxt');
  expect(one.sealer.open(changed.sealer.seal('text', 'place'), 'place')).toBeUndefined();
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
