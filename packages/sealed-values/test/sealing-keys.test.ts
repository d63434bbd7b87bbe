import { expect, it } from 'vitest';
import { readSealingKeys, sealingKey } from '../src/sealing-keys.ts';
import { sealingKeys } from '../src/settings.ts';

const HEX = 'ab'.repeat(32);
const OTHER = Buffer.alloc(32, 7).toString('base64url');

it('takes base64url and hexadecimal, and versions a key by what it is', () => {
  const [hex] = readSealingKeys(HEX);
  const [base64url, second] = readSealingKeys(`${Buffer.from(HEX, 'hex').toString('base64url')}, ${OTHER}`);
  expect(base64url?.kid).toBe(hex?.kid);
  expect(second?.kid).not.toBe(hex?.kid);
  expect(hex?.kid).toMatch(/^[0-9a-f]{16}$/);
  expect(sealingKey(Buffer.alloc(32, 7)).kid).toBe(second?.kid);
});

it.each(['', 'short', 'ab'.repeat(31), 'zz'.repeat(32), 'a'.repeat(44), `${HEX},`, Array(9).fill(HEX).join()])(
  'refuses %s and does not repeat it',
  (text) => {
    expect(() => readSealingKeys(text)).toThrow(
      /^must (be 32 bytes as base64url or hexadecimal text|hold at most 8 keys)$/,
    );
  },
);

it.each([0, 16, 31, 33])('makes no key of %i bytes', (size) => {
  expect(() => sealingKey(Buffer.alloc(size))).toThrow(TypeError);
});

it('is a setting that must be there and is never shown', () => {
  const setting = sealingKeys({ doc: 'Seals what is tested' });
  expect(setting).toMatchObject({ required: true, secret: true });
  expect(setting.doc).toMatch(/^Seals what is tested: 32 bytes/);
  expect(setting.parse(HEX)).toEqual(readSealingKeys(HEX));
});
