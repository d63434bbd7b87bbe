import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSealer, readKeyEncryptionKeys } from '../../src/keys/sealing.ts';

const OLD = 'ab'.repeat(32);
const NEW = Buffer.alloc(32, 7).toString('base64url');
const plain = Buffer.from('a private key');
const sealer = (text: string) => createSealer(readKeyEncryptionKeys(text), randomBytes);

describe('readKeyEncryptionKeys', () => {
  it('takes base64url and hexadecimal, and versions a key by what it is', () => {
    const [hex] = readKeyEncryptionKeys(OLD);
    const [base64url, second] = readKeyEncryptionKeys(`${Buffer.from(OLD, 'hex').toString('base64url')}, ${NEW}`);
    expect(base64url?.version).toBe(hex?.version);
    expect(second?.version).not.toBe(hex?.version);
    expect(hex?.version).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each(['', 'short', 'ab'.repeat(31), 'zz'.repeat(32), 'a'.repeat(44), `${OLD},`, Array(9).fill(OLD).join()])(
    'refuses %s and does not repeat it',
    (text) => {
      expect(() => readKeyEncryptionKeys(text)).toThrow(/^must (be 32 bytes|hold at most 8)/);
    },
  );
});

describe('a sealer', () => {
  it('opens what it sealed, also after a new key was put before the old one', () => {
    const sealed = sealer(OLD).seal(plain, 'kid-1');
    expect(sealed.sealed.includes(plain)).toBe(false);
    expect(sealer(OLD).open(sealed, 'kid-1')).toEqual(plain);
    expect(sealer(`${NEW},${OLD}`).open(sealed, 'kid-1')).toEqual(plain);
    expect(sealer(`${NEW},${OLD}`).seal(plain, 'kid-1').kekVersion).not.toBe(sealed.kekVersion);
  });

  it('never seals the same twice', () => {
    const one = sealer(OLD);
    expect(one.seal(plain, 'kid').sealed).not.toEqual(one.seal(plain, 'kid').sealed);
  });

  it('does not open for another key, another name, another version or altered bytes', () => {
    const sealed = sealer(OLD).seal(plain, 'kid-1');
    expect(sealer(NEW).open(sealed, 'kid-1')).toBeUndefined();
    expect(
      sealer(NEW).open({ ...sealed, kekVersion: sealer(NEW).seal(plain, 'x').kekVersion }, 'kid-1'),
    ).toBeUndefined();
    expect(sealer(OLD).open(sealed, 'kid-2')).toBeUndefined();
    expect(sealer(OLD).open({ ...sealed, kekVersion: 'x' }, 'kid-1')).toBeUndefined();
    for (let index = 0; index < sealed.sealed.length; index += 1) {
      const altered = Buffer.from(sealed.sealed);
      altered[index] = (altered[index] ?? 0) ^ 1;
      expect(sealer(OLD).open({ ...sealed, sealed: altered }, 'kid-1')).toBeUndefined();
    }
    for (const length of [0, 12, 28, sealed.sealed.length - 1]) {
      expect(sealer(OLD).open({ ...sealed, sealed: sealed.sealed.subarray(0, length) }, 'kid-1')).toBeUndefined();
    }
  });
});
