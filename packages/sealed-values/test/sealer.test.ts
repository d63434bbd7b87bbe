import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../src/sealer.ts';
import { readSealingKeys } from '../src/sealing-keys.ts';

const OLD = 'ab'.repeat(32);
const NEW = Buffer.alloc(32, 7).toString('base64url');
const plain = Buffer.from('a private key');
const sealer = (keys: string, purpose = 'signing key') =>
  createSealer({ purpose, keys: readSealingKeys(keys), randomBytes, maxBytes: 64 });

it('opens what it sealed, whatever the bytes', () => {
  const one = sealer(OLD);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.string(), (bytes, context) => {
      const value = one.seal(Buffer.from(bytes), context);
      expect(one.open(value, context)).toEqual(Buffer.from(bytes));
      expect(one.open(value, `${context}x`)).toBeUndefined();
    }),
  );
});

it('still opens what it sealed before a new key was put first, and seals with the new one', () => {
  const value = sealer(OLD).seal(plain, 'row-1');
  const both = sealer(`${NEW},${OLD}`);
  expect(value.kid).toBe(sealer(OLD).kid);
  expect(both.open(value, 'row-1')).toEqual(plain);
  expect(both.kid).toBe(sealer(NEW).kid);
  expect(sealer(NEW).open(both.seal(plain, 'row-1'), 'row-1')).toEqual(plain);
});

it.each([
  ['signing key', 'row-1', 'AAAAAAAAAAAAAAAALuf555RqzSUQuNtWzSI-kJAdJDez8jpZMnE4UGw', 'a private key'],
  ['webhook secret', 'row-2', 'AAAAAAAAAAAAAAAAqYUoC4uhHiTc2Q2DRW-QpJAdJy279j5JdyI2Vmea7w', 'a shared secret'],
])('opens a %s as it stands in databases', (purpose, context, stored, text) => {
  const value = { sealed: Buffer.from(stored, 'base64url'), kid: 'ff7a005e030618e5' };
  expect(sealer(OLD, purpose).open(value, context)?.toString()).toBe(text);
});

it('never seals the same twice, and shows nothing of it', () => {
  const one = sealer(OLD);
  expect(one.seal(plain, 'row').sealed).not.toEqual(one.seal(plain, 'row').sealed);
  expect(one.seal(plain, 'row').sealed.includes(plain)).toBe(false);
});

describe('opens nothing', () => {
  const value = sealer(OLD).seal(plain, 'row-1');

  it.each([
    ['with another key', NEW, 'signing key', 'row-1', value.kid],
    ['with another key under its own kid', NEW, 'signing key', 'row-1', sealer(NEW).kid],
    ['with a key version that is unknown', OLD, 'signing key', 'row-1', 'x'],
    ['with the kid of another key', `${NEW},${OLD}`, 'signing key', 'row-1', sealer(NEW).kid],
    ['for another purpose', OLD, 'webhook secret', 'row-1', value.kid],
    ['in another context', OLD, 'signing key', 'row-2', value.kid],
    ['in an empty context', OLD, 'signing key', '', value.kid],
  ])('%s', (_name, keys, purpose, context, kid) => {
    expect(sealer(keys, purpose).open({ ...value, kid }, context)).toBeUndefined();
  });

  it('with any bit altered', () => {
    for (let bit = 0; bit < value.sealed.length * 8; bit += 1) {
      const altered = Buffer.from(value.sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(sealer(OLD).open({ ...value, sealed: altered }, 'row-1')).toBeUndefined();
    }
  });

  it('cut short or made longer', () => {
    for (let length = 0; length < value.sealed.length; length += 1) {
      expect(sealer(OLD).open({ ...value, sealed: value.sealed.subarray(0, length) }, 'row-1')).toBeUndefined();
    }
    const longer = Buffer.concat([value.sealed, Buffer.alloc(1)]);
    expect(sealer(OLD).open({ ...value, sealed: longer }, 'row-1')).toBeUndefined();
  });

  it('larger than it seals', () => {
    const generous = createSealer({ purpose: 'signing key', keys: readSealingKeys(OLD), randomBytes });
    expect(sealer(OLD).open(generous.seal(Buffer.alloc(64), 'row'), 'row')).toHaveLength(64);
    expect(sealer(OLD).open(generous.seal(Buffer.alloc(65), 'row'), 'row')).toBeUndefined();
  });
});

it('seals nothing that is too large', () => {
  expect(() => sealer(OLD).seal(Buffer.alloc(65), 'row')).toThrow(RangeError);
  const byDefault = createSealer({ purpose: 'text', keys: readSealingKeys(OLD), randomBytes });
  expect(() => byDefault.seal(Buffer.alloc(65_537), 'row')).toThrow(RangeError);
});

it.each([
  ['no key', { keys: [] }],
  ['no purpose', { purpose: '' }],
  ['a purpose that reads as purpose and place', { purpose: 'signing key\0row' }],
])('cannot be made with %s', (_name, wrong) => {
  const options = { purpose: 'text', keys: readSealingKeys(OLD), randomBytes };
  expect(() => createSealer({ ...options, ...wrong })).toThrow(TypeError);
});
