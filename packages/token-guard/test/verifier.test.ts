import { createJwksCache, type JwksCacheOptions } from '@gaia/jwks-cache';
import type { RefusalReason } from '@gaia/jwt/refusal';
import { createTestIssuer } from '@gaia/testing/issuer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createVerifier, type VerifierOptions } from '../src/verifier.ts';

const signingKey = (await createTestIssuer()).key;

async function setUp(options: Partial<VerifierOptions> & { cache?: Partial<JwksCacheOptions> } = {}) {
  // A clock that moves only when it is told to: a slow machine must not make a token older.
  const startedAt = Date.now();
  const issuer = await createTestIssuer({ signingKey, now: () => startedAt });
  const jwks = createJwksCache({ url: issuer.jwksUrl, fetch: issuer.fetch, now: issuer.now, ...options.cache });
  onTestFinished(() => jwks.close());
  await jwks.ready;
  let revoked: RefusalReason | undefined;
  const revocations = { reasonToRefuse: () => revoked };
  const verifier = createVerifier({
    issuers: [{ issuer: issuer.issuer, jwks, revocations }],
    now: issuer.now,
    ...options,
  });
  const revoke = (reason: RefusalReason) => {
    revoked = reason;
  };
  return { issuer, jwks, verifier, revoke };
}

const refusedWith = (reason: RefusalReason) => expect.objectContaining({ name: 'TokenRefusal', reason });

describe('an identity', () => {
  it('says who the caller is, in readable names', async () => {
    const { issuer, verifier } = await setUp();
    const act = { sub: 'search', sid: 's2', act: { sub: 'assets', act: { sub: 'cms', sid: 's1' } } };
    const claims = issuer.claimsFor({ role: 'editor', claims: { act, aud: ['gaia', 'others'] } });
    expect(await verifier.verify(issuer.sign(issuer.header(), claims))).toEqual({
      issuer: issuer.issuer,
      subject: claims.sub,
      audience: ['gaia', 'others'],
      clientId: 'gaia',
      sessionId: claims.sid,
      tokenId: claims.jti,
      keyId: issuer.key.kid,
      site: 'site-a.localhost',
      roles: ['editor'],
      scopes: claims.scope?.split(' '),
      issuedAt: claims.iat,
      expiresAt: claims.exp,
      authTime: claims.auth_time,
      amr: ['pwd'],
      actor: 'search',
      actorSessionIds: ['s2', 's1'],
    });
  });

  it('has nothing where the token says nothing', async () => {
    const { issuer, verifier } = await setUp();
    const bare = {
      sid: undefined,
      site: undefined,
      roles: undefined,
      scope: undefined,
      amr: undefined,
      auth_time: undefined,
    };
    expect(await verifier.verify(issuer.tokenFor({ claims: bare }))).toMatchObject({
      sessionId: undefined,
      site: undefined,
      roles: [],
      scopes: [],
      amr: [],
      authTime: undefined,
      actor: undefined,
    });
  });

  it('has a list of audiences where the token names one', async () => {
    const { issuer, verifier } = await setUp();
    expect((await verifier.verify(issuer.tokenFor({ audience: 'gaia' }))).audience).toEqual(['gaia']);
  });

  it('cannot be changed, because the next request gets the same one', async () => {
    const { issuer, verifier } = await setUp();
    const token = issuer.tokenFor();
    const identity = await verifier.verify(token);
    expect(Object.isFrozen(identity)).toBe(true);
    for (const list of [identity.roles, identity.scopes, identity.audience, identity.amr]) {
      expect(() => (list as string[]).push('administrator')).toThrow(TypeError);
    }
    expect(() => Object.assign(identity, { subject: 'another-party' })).toThrow(TypeError);
    expect(await verifier.verify(token)).toBe(identity);
  });
});

describe('a token that was accepted before', () => {
  it('is accepted from memory, at once', async () => {
    const { issuer, verifier } = await setUp();
    const token = issuer.tokenFor();
    const first = await verifier.check(token);
    expect(verifier.check(token)).toBe(first);
    expect(verifier.counts()).toMatchObject({ remembered: 1, verified: 1, cachedTokens: 1 });
  });

  it('is refused once it has expired', async () => {
    const { issuer, verifier } = await setUp();
    const token = issuer.tokenFor({ expiresIn: 60 });
    await verifier.verify(token);
    issuer.travel(89);
    expect(() => verifier.check(token)).not.toThrow();
    issuer.travel(1);
    expect(() => verifier.check(token)).toThrow(refusedWith('expired'));
    expect(verifier.counts().refused).toEqual({ expired: 1 });
  });

  it('is refused when the clock is set back before its time', async () => {
    const { issuer, verifier } = await setUp();
    const token = issuer.tokenFor();
    await verifier.verify(token);
    issuer.travel(-40);
    expect(() => verifier.check(token)).toThrow(refusedWith('issued_in_future'));
  });

  it('is refused from the moment of its revocation', async () => {
    const { issuer, verifier, revoke } = await setUp();
    const token = issuer.tokenFor();
    await verifier.verify(token);
    revoke('session_ended');
    expect(() => verifier.check(token)).toThrow(refusedWith('session_ended'));
  });

  it('is refused when its key has left the set', async () => {
    const { issuer, jwks, verifier } = await setUp();
    const token = issuer.tokenFor();
    await verifier.verify(token);
    const old = issuer.key.kid;
    issuer.rotate();
    issuer.remove(old);
    await jwks.refresh();
    await expect(verifier.verify(token)).rejects.toEqual(refusedWith('key_unknown'));
    expect(verifier.counts().cachedTokens).toBe(0);
  });

  it('is verified again when its key was replaced by another of the same kid', async () => {
    const { issuer, jwks } = await setUp();
    let find = jwks.find;
    const replaceable = { ...jwks, find: (kid: string) => find(kid) };
    const verifier = createVerifier({ issuers: [{ issuer: issuer.issuer, jwks: replaceable }], now: issuer.now });
    const token = issuer.tokenFor();
    await verifier.verify(token);
    const { privateKey } = (await createTestIssuer()).key;
    const other = await createTestIssuer({ signingKey: { privateKey, kid: issuer.key.kid } });
    const otherJwks = createJwksCache({ url: other.jwksUrl, fetch: other.fetch });
    onTestFinished(() => otherJwks.close());
    await otherJwks.ready;
    find = otherJwks.find;
    await expect(verifier.verify(token)).rejects.toEqual(refusedWith('signature_wrong'));
    expect(verifier.counts().cachedTokens).toBe(0);
  });

  it('is refused with the hard cap of its keys', async () => {
    const { issuer, verifier } = await setUp({ cache: { maxStaleMs: 300_000 } });
    const token = issuer.tokenFor();
    await verifier.verify(token);
    issuer.setOutage(true);
    issuer.travel(299);
    expect(() => verifier.check(token)).not.toThrow();
    issuer.travel(1);
    await expect(verifier.verify(token)).rejects.toThrow('the keys of the issuer are not available yet');
  });
});

describe('a token whose signature is being verified', () => {
  it('is refused when its key is withdrawn meanwhile', async () => {
    const { issuer, jwks } = await setUp();
    let known = true;
    const withdrawable = { ...jwks, find: (kid: string) => (known ? jwks.find(kid) : undefined) };
    const verifier = createVerifier({ issuers: [{ issuer: issuer.issuer, jwks: withdrawable }], now: issuer.now });
    const outcome = verifier.verify(issuer.tokenFor());
    known = false;
    await expect(outcome).rejects.toEqual(refusedWith('key_unknown'));
    expect(verifier.counts().cachedTokens).toBe(0);
  });

  it('is refused when its session ends meanwhile', async () => {
    const { issuer, verifier, revoke } = await setUp();
    const outcome = verifier.verify(issuer.tokenFor());
    revoke('session_ended');
    await expect(outcome).rejects.toEqual(refusedWith('session_ended'));
  });
});

describe('the memory', () => {
  it('does not grow with distinct good tokens', async () => {
    const { issuer, verifier } = await setUp({ maxCachedTokens: 50 });
    for (let count = 0; count < 200; count += 1) await verifier.verify(issuer.tokenFor());
    expect(verifier.counts()).toMatchObject({ verified: 200 });
    expect(verifier.counts().cachedTokens).toBeLessThanOrEqual(50);
  });

  it('is not touched by forged tokens, so that live ones are not pushed out', async () => {
    const { issuer, verifier } = await setUp({ maxCachedTokens: 10 });
    const token = issuer.tokenFor();
    await verifier.verify(token);
    const [header, payload] = token.split('.');
    for (let count = 0; count < 1_000; count += 1) {
      const forged = `${header}.${payload}.${Buffer.alloc(256, count % 256).toString('base64url')}`;
      await verifier.verify(forged).catch(() => undefined);
    }
    expect(verifier.counts()).toMatchObject({ cachedTokens: 1, refused: { signature_wrong: 1_000 } });
    await verifier.verify(token);
    expect(verifier.counts().remembered).toBe(1);
  });

  it('does not remember a token that was refused for anything', async () => {
    const { issuer, verifier, revoke } = await setUp();
    revoke('subject_not_before');
    await verifier.verify(issuer.tokenFor()).catch(() => undefined);
    await verifier.verify(issuer.tokenFor({ expiresIn: -60 })).catch(() => undefined);
    expect(verifier.counts().cachedTokens).toBe(0);
  });
});

describe('a key that is not known yet', () => {
  it('is asked for, and then known', async () => {
    const { issuer, verifier } = await setUp();
    issuer.rotate();
    expect((await verifier.verify(issuer.tokenFor())).keyId).toBe(issuer.key.kid);
    const asked = issuer.fetches();
    await verifier.verify(issuer.tokenFor());
    expect(issuer.fetches()).toBe(asked);
  });

  it('is asked for once while a flood of invented ones comes', async () => {
    const { issuer, verifier } = await setUp();
    const invented = Array.from({ length: 1_000 }, (_, index) => issuer.tokenFor({ header: { kid: `k${index}` } }));
    const outcomes = await Promise.allSettled(invented.map((token) => verifier.verify(token)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(issuer.fetches()).toBe(2);
    expect(verifier.counts().refused).toEqual({ key_unknown: 1_000 });
  });
});

describe('several issuers', () => {
  async function two() {
    const ours = await createTestIssuer({ signingKey });
    const theirs = await createTestIssuer({ issuer: 'https://id.example', audience: 'gaia' });
    const trusted = [ours, theirs].map((issuer) => {
      const jwks = createJwksCache({ url: issuer.jwksUrl, fetch: issuer.fetch });
      onTestFinished(() => jwks.close());
      return { issuer: issuer.issuer, jwks };
    });
    await Promise.all(trusted.map(({ jwks }) => jwks.ready));
    return { ours, theirs, trusted };
  }

  it('are all believed, each for itself', async () => {
    const { ours, theirs, trusted } = await two();
    const verifier = createVerifier({ issuers: trusted });
    expect((await verifier.verify(ours.tokenFor())).issuer).toBe(ours.issuer);
    expect((await verifier.verify(theirs.tokenFor())).issuer).toBe('https://id.example');
  });

  it('cannot speak for each other', async () => {
    const { ours, theirs, trusted } = await two();
    const verifier = createVerifier({ issuers: trusted });
    const impersonated = theirs.tokenFor({ claims: { iss: ours.issuer } });
    await expect(verifier.verify(impersonated)).rejects.toEqual(refusedWith('key_unknown'));
    const withKid = theirs.tokenFor({ claims: { iss: ours.issuer }, header: { kid: ours.key.kid } });
    await expect(verifier.verify(withKid)).rejects.toEqual(refusedWith('signature_wrong'));
  });

  it('do not share revocations', async () => {
    const { ours, theirs, trusted } = await two();
    const revocations = { reasonToRefuse: () => 'all_not_before' as const };
    const verifier = createVerifier({
      issuers: trusted.map((one, index) => (index === 0 ? { ...one, revocations } : one)),
    });
    await expect(verifier.verify(ours.tokenFor())).rejects.toEqual(refusedWith('all_not_before'));
    await expect(verifier.verify(theirs.tokenFor())).resolves.toBeDefined();
  });
});

describe('the options', () => {
  const jwks = { find: () => undefined, lookUp: async () => undefined, usable: () => false };
  it.each([
    ['no issuer', { issuers: [] }],
    ['an issuer without a name', { issuers: [{ issuer: '', jwks }] }],
    [
      'an issuer twice',
      {
        issuers: [
          { issuer: 'a', jwks },
          { issuer: 'a', jwks },
        ],
      },
    ],
    ['an empty audience', { issuers: [{ issuer: 'a', jwks }], audience: '' }],
    ['no audience', { issuers: [{ issuer: 'a', jwks }], audience: [] }],
    ['no room for tokens', { issuers: [{ issuer: 'a', jwks }], maxCachedTokens: 1 }],
    ['negative skew', { issuers: [{ issuer: 'a', jwks }], clockSkewSeconds: -1 }],
    ['no lifetime', { issuers: [{ issuer: 'a', jwks }], maxLifetimeSeconds: 0 }],
    ['a skew that is no number', { issuers: [{ issuer: 'a', jwks }], clockSkewSeconds: Number.NaN }],
  ])('%s are refused', (_, options) => {
    expect(() => createVerifier(options)).toThrow();
  });

  it('can ask for no skew and a life of a second', async () => {
    const { issuer, verifier } = await setUp({ clockSkewSeconds: 0, maxLifetimeSeconds: 1, maxCachedTokens: 2 });
    const seconds = Math.floor(issuer.now() / 1_000);
    await expect(verifier.verify(issuer.tokenFor({ claims: { exp: seconds + 1 } }))).resolves.toBeDefined();
    await expect(verifier.verify(issuer.tokenFor({ claims: { exp: seconds } }))).rejects.toEqual(
      refusedWith('expired'),
    );
    await expect(verifier.verify(issuer.tokenFor({ claims: { exp: seconds + 2 } }))).rejects.toEqual(
      refusedWith('lifetime_too_long'),
    );
  });

  it('can name other audiences, skew and lifetime', async () => {
    const { issuer, verifier } = await setUp({
      audience: ['search', 'cms'],
      clockSkewSeconds: 5,
      maxLifetimeSeconds: 100,
    });
    const token = (claims: object) =>
      verifier.verify(issuer.tokenFor({ expiresIn: 100, claims: { aud: 'cms', ...claims } }));
    await expect(token({})).resolves.toBeDefined();
    await expect(token({ aud: 'gaia' })).rejects.toEqual(refusedWith('audience_wrong'));
    await expect(token({ exp: issuer.now() / 1_000 - 5 })).rejects.toEqual(refusedWith('expired'));
    await expect(token({ exp: issuer.now() / 1_000 + 102 })).rejects.toEqual(refusedWith('lifetime_too_long'));
  });
});
