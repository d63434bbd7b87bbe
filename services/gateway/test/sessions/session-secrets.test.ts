import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createSessionSecrets } from '../../src/sessions/session-secrets.ts';

const ONE = 'one-secret-with-more-than-32-characters';
const OTHER = 'other-secret-with-more-than-32-characters';
const one = createSessionSecrets({ secret: ONE, randomBytes });
const other = createSessionSecrets({ secret: OTHER, randomBytes });
const changed = createSessionSecrets({ secret: OTHER, previous: ONE, randomBytes });

it.each(['sessionSealer', 'tokenSealer'] as const)(
  '%s opens with the secret that sealed, present or previous, and with no other',
  (name) => {
    const sealed = one[name].seal('tëxt', 'record');
    expect(one[name].open(sealed, 'record')).toBe('tëxt');
    expect(one[name].open(sealed, 'another record')).toBeUndefined();
    expect(other[name].open(sealed, 'record')).toBeUndefined();
    expect(changed[name].open(sealed, 'record')).toBe('tëxt');
    expect(one[name].open(changed[name].seal('text', 'record'), 'record')).toBeUndefined();
  },
);

it('opens no session as tokens, nor tokens as a session', () => {
  expect(one.tokenSealer.open(one.sessionSealer.seal('text', 'record'), 'record')).toBeUndefined();
  expect(one.sessionSealer.open(one.tokenSealer.seal('text', 'record'), 'record')).toBeUndefined();
});

it('signs cookies with the present secret and verifies those of the previous one', () => {
  expect(changed.cookieSecrets).toEqual([...other.cookieSecrets, ...one.cookieSecrets]);
  expect(one.cookieSecrets).not.toContain(ONE);
});
