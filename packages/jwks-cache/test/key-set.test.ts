import { generateKeyPairSync } from 'node:crypto';
import { createTestIssuer } from '@gaia/testing/issuer';
import { exportJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { KeySetRefused, readKeySet } from '../src/key-set.ts';

const issuer = await createTestIssuer();
const good = issuer.key.publicJwk;
const none = new Map();
const setOf = (...keys: unknown[]) => JSON.stringify({ keys });
const rsa = (options: { modulusLength: number; publicExponent?: number }) =>
  generateKeyPairSync('rsa', options).publicKey.export({ format: 'jwk' });

describe('readKeySet', () => {
  it('takes a good key, with the one algorithm that it may verify', async () => {
    const keys = await readKeySet(setOf(good), none);
    const key = keys.get(good.kid);
    expect(key).toMatchObject({ kid: good.kid, algorithm: 'RS256' });
    expect(key && (await exportJWK(key.key))).toMatchObject({ kty: 'RSA', n: good.n, e: good.e });
    expect(key?.key).toMatchObject({ type: 'public', usages: ['verify'] });
    expect(Object.isFrozen(key)).toBe(true);
  });

  it.each([
    ['without use', { ...good, use: undefined }],
    ['without alg', { ...good, alg: undefined }],
    ['for the operation verify', { ...good, key_ops: ['verify'] }],
    ['with members that is unknown', { ...good, x5t: 'abc', 'urn:example': 1 }],
    ['with a kid of 256 characters', { ...good, kid: 'k'.repeat(256) }],
    ['with 8,192 bits', { ...good, n: Buffer.alloc(1_024, 0xff).toString('base64url') }],
    ['with exponent 3', { ...good, e: 'Aw' }],
  ])('takes a key %s', async (_, jwk) => {
    expect([...(await readKeySet(setOf(jwk), none)).keys()]).toEqual([jwk.kid]);
  });

  it.each<readonly [string, unknown]>([
    ['that is no object', 'key'],
    ['that is null', null],
    ['that is a list', [good]],
    ['of another kind', { ...good, kty: 'EC' }],
    ['that is symmetric', { kty: 'oct', kid: 'a', k: 'c2VjcmV0', alg: 'HS256' }],
    ['for encryption', { ...good, use: 'enc' }],
    ['for signing only', { ...good, key_ops: ['sign'] }],
    ['whose operations are no list', { ...good, key_ops: 'verify' }],
    ['for another algorithm', { ...good, alg: 'RS512' }],
    ['for HS256', { ...good, alg: 'HS256' }],
    ['for none', { ...good, alg: 'none' }],
    ['without a kid', { ...good, kid: undefined }],
    ['with an empty kid', { ...good, kid: '' }],
    ['with a kid that is no text', { ...good, kid: 1 }],
    ['with a kid of 257 characters', { ...good, kid: 'k'.repeat(257) }],
    ['without a modulus', { ...good, n: undefined }],
    ['without an exponent', { ...good, e: undefined }],
    ['with an empty modulus', { ...good, n: '' }],
    ['with a modulus that is no base64url', { ...good, n: '!!' }],
    ['with a modulus that is no text', { ...good, n: 1 }],
    ['with an exponent that is no text', { ...good, e: 65_537 }],
    ['with an empty exponent', { ...good, e: '' }],
    ['with 2,040 bits', { ...good, ...rsa({ modulusLength: 2_040 }) }],
    ['with 1,024 bits', { ...good, ...rsa({ modulusLength: 1_024 }) }],
    ['with more than 8,192 bits', { ...good, n: Buffer.alloc(1_025, 0xff).toString('base64url') }],
    ['with exponent 1', { ...good, e: 'AQ' }],
    ['with exponent 0', { ...good, e: 'AA' }],
    ['with an even exponent', { ...good, e: 'AQAA' }],
    ['with a huge exponent', { ...good, e: Buffer.alloc(9, 0xff).toString('base64url') }],
    ['with an exponent just over 32 bits', { ...good, e: Buffer.from('0100000001', 'hex').toString('base64url') }],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map(
      (member) => [`with the private member ${member}`, { ...good, [member]: 'AQAB' }] as const,
    ),
  ])('leaves out a key %s', async (_, jwk) => {
    const other = { ...good, kid: 'other' };
    expect([...(await readKeySet(setOf(jwk, other), none)).keys()]).toEqual(['other']);
  });

  it.each([
    ['is not JSON', 'nonsense', 'the set is not JSON'],
    ['is empty', '', 'the set is not JSON'],
    ['is HTML', '<!doctype html><title>Sign in</title>', 'the set is not JSON'],
    ['is null', 'null', 'the set has no list of keys'],
    ['is text', '"keys"', 'the set has no list of keys'],
    ['is a list', JSON.stringify([good]), 'the set has no list of keys'],
    ['has no keys', '{}', 'the set has no list of keys'],
    ['has keys that are no list', '{"keys":{}}', 'the set has no list of keys'],
    ['has an empty list', '{"keys":[]}', 'the set has no usable key'],
    ['has no usable key', setOf({ ...good, use: 'enc' }), 'the set has no usable key'],
    ['has two usable keys of one kid', setOf(good, good), 'two keys of the set have one kid'],
    [
      'has more than 64 keys',
      setOf(...Array.from({ length: 65 }, (_, index) => ({ ...good, kid: `k${index}` }))),
      'the set has more than 64 keys',
    ],
  ])('refuses a document that %s', async (_, text, reason) => {
    await expect(readKeySet(text, none)).rejects.toThrow(new KeySetRefused(reason));
  });

  it('takes a document of 64 keys', async () => {
    const text = setOf(...Array.from({ length: 64 }, (_, index) => ({ ...good, kid: `k${index}` })));
    expect((await readKeySet(text, none)).size).toBe(64);
  });

  it('imports a key once: the same material is the same object', async () => {
    const first = await readKeySet(setOf(good), none);
    expect((await readKeySet(setOf(good), first)).get(good.kid)).toBe(first.get(good.kid));
  });

  it('does not take an old key for a new one of the same kid', async () => {
    const first = await readKeySet(setOf(good), none);
    const { publicJwk } = (await createTestIssuer()).key;
    const second = await readKeySet(setOf({ ...publicJwk, kid: good.kid }), first);
    expect(second.get(good.kid)?.material).toBe(`${publicJwk.n}.${publicJwk.e}`);
  });
});
