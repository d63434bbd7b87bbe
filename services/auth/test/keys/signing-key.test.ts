import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../src/keys/key-ring.ts';
import { ownKeySource } from '../../src/keys/own-key-source.ts';
import { publicJwkOf } from '../../src/keys/public-jwk.ts';
import { exportSigningKey, generateSigningKey, readSigningKey, restoreSigningKey } from '../../src/keys/signing-key.ts';

describe('publicJwkOf', () => {
  it('names the key of RFC 7638 §3.1 as the RFC does', async () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' });
    expect(await publicJwkOf(key)).toEqual({
      kty: 'RSA',
      kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      use: 'sig',
      alg: 'RS256',
      n,
      e: 'AQAB',
    });
  });
});

describe('signing keys', () => {
  it('survive export, and publish nothing private', async () => {
    const key = await generateSigningKey(2_048);
    const restored = await restoreSigningKey(exportSigningKey(key));
    expect(restored.kid).toBe(key.kid);
    expect(restored.privateKey.equals(key.privateKey)).toBe(true);
    expect(Object.keys(key.publicJwk).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('are read from either form of PEM', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const [one, two] = await Promise.all(
      (['pkcs1', 'pkcs8'] as const).map((type) => readSigningKey(privateKey.export({ format: 'pem', type }))),
    );
    expect(one?.kid).toBe(two?.kid);
  });
});

describe('a key ring', () => {
  it('publishes all keys, signs with the active one and takes a new set whole or not at all', async () => {
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => generateSigningKey(2_048)));
    if (!one || !two || !three) throw new Error('no keys');
    const ring = createKeyRing([
      { state: 'next', key: two },
      { state: 'active', key: one },
    ]);
    const source = ownKeySource(ring);
    const before = ring.document();
    expect(ring.signing()).toBe(one);
    expect(JSON.parse(before.body).keys.map((key: { kid: string }) => key.kid)).toEqual([two.kid, one.kid]);
    const known = source.find(one.kid);
    expect(known?.key).toBe(one.publicKey);

    for (const states of [[], ['next'], ['active', 'active']] as const) {
      const keys = states.map((state, index) => ({ state, key: index === 0 ? two : three }));
      expect(() => ring.replace(keys)).toThrow(/signing keys are active/);
      expect(ring.document()).toBe(before);
    }

    ring.replace([
      { state: 'active', key: two },
      { state: 'retiring', key: one },
    ]);
    expect(ring.signing()).toBe(two);
    // The same object, so that tokens which were verified with it stay known.
    expect(source.find(one.kid)).toBe(known);
    ring.replace([{ state: 'active', key: two }]);
    expect(ring.document().etag).not.toBe(before.etag);
    expect(source.find(one.kid)).toBeUndefined();
    expect(await source.lookUp(one.kid)).toBeUndefined();
  });
});
