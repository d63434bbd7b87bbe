import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { readSealingKeys } from '../src/sealing-keys.ts';
import { createTextSealer } from '../src/text-sealer.ts';

const OLD = 'ab'.repeat(32);
const NEW = 'cd'.repeat(32);
const sealer = (keys: string) => createTextSealer({ purpose: 'session', keys: readSealingKeys(keys), randomBytes });
const sealed = sealer(OLD).seal('tëxt', 'place');

it('opens what it sealed, also after a new key was put first', () => {
  expect(sealed).toMatch(/^[0-9a-f]{16}\.[\w-]+$/);
  expect(sealer(OLD).open(sealed, 'place')).toBe('tëxt');
  expect(sealer(`${NEW},${OLD}`).open(sealed, 'place')).toBe('tëxt');
  expect(sealer(OLD).open(sealer(OLD).seal('', 'place'), 'place')).toBe('');
});

it.each([
  ['in another place', sealed, 'elsewhere'],
  ['with its version cut off', sealed.slice(17), 'place'],
  ['with a version that is unknown', `${'0'.repeat(16)}.${sealed.slice(17)}`, 'place'],
  ['that is cut short', sealed.slice(0, 30), 'place'],
  ['with a line after it', `${sealed}\n`, 'place'],
  ['that is empty', '', 'place'],
  ['that is a word', 'x', 'place'],
  ['that is nothing', undefined, 'place'],
  ['that is null', null, 'place'],
  ['that is a number', 1, 'place'],
  ['that is an object', { sealed }, 'place'],
])('opens nothing %s', (_name, value, context) => {
  expect(sealer(OLD).open(value, context)).toBeUndefined();
});

it('opens nothing of a key that it has not', () => {
  expect(sealer(NEW).open(sealed, 'place')).toBeUndefined();
});
