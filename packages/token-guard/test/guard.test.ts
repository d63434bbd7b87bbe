import { loadSettings, SettingsError } from '@gaia/settings';
import { createMemoryState } from '@gaia/state/memory';
import { createTestIssuer } from '@gaia/testing/issuer';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGuard, type GuardDependencies } from '../src/guard.ts';
import { registerGuardMetrics } from '../src/guard-metrics.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { createFakeFeed } from './fake-feed.ts';

const signingKey = (await createTestIssuer()).key;

async function setUp(env: Record<string, string> = {}, dependencies: GuardDependencies = {}) {
  // A clock that moves only when it is told to: a slow machine must not make a token older.
  const startedAt = Date.now();
  const issuer = await createTestIssuer({ signingKey, now: () => startedAt });
  const config = loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl, ...env });
  const open = () => {
    const guard = createGuard(config, { fetch: issuer.fetch, now: issuer.now, ...dependencies });
    onTestFinished(() => guard.close());
    return guard;
  };
  return { issuer, open };
}

describe('the settings', () => {
  it('have defaults that fit the suite on one machine', () => {
    expect(loadSettings(guardSettings, {})).toEqual({
      GAIA_ISSUER: 'http://localhost:8080',
      JWKS_URL: 'http://127.0.0.1:8081/.well-known/jwks.json',
      TRUSTED_ISSUERS: [],
      JWKS_MAX_STALE_SECONDS: 86_400,
      JWKS_CACHE_FILE: undefined,
    });
  });

  it('take further issuers apart', () => {
    const raw = 'https://id.example=https://id.example/keys?v=2, https://b.example/ = http://127.0.0.1:9/jwks';
    expect(loadSettings(guardSettings, { TRUSTED_ISSUERS: raw.replace(' = ', '=') }).TRUSTED_ISSUERS).toEqual([
      { issuer: 'https://id.example', jwksUrl: 'https://id.example/keys?v=2' },
      { issuer: 'https://b.example/', jwksUrl: 'http://127.0.0.1:9/jwks' },
    ]);
  });

  it.each([
    'https://id.example',
    '=https://id.example/keys',
    'https://id.example=',
    'a=file:///etc/passwd',
    'a=keys',
    'a=https://',
  ])('refuse the issuer %s', (raw) => {
    expect(() => loadSettings(guardSettings, { TRUSTED_ISSUERS: raw })).toThrow(SettingsError);
  });

  it.each([
    'http://localhost:8080=http://127.0.0.1:9/jwks',
    'https://a.example=http://127.0.0.1:9/jwks,https://a.example=http://127.0.0.1:8/jwks',
  ])('that name an issuer twice make no guard: %s', async (raw) => {
    const { open } = await setUp({ TRUSTED_ISSUERS: raw });
    expect(open).toThrow(TypeError);
  });
});

describe('a guard', () => {
  it('verifies with the keys of the issuer and the cut-offs of the feed', async () => {
    const state = createMemoryState({ now: Date.now });
    onTestFinished(() => state.close());
    const { issuer, open } = await setUp({}, { feed: state.revocations });
    const guard = open();
    await guard.ready;
    const token = issuer.tokenFor({ sessionId: 's1' });
    expect((await guard.verifier.verify(token)).sessionId).toBe('s1');
    await state.revocations.append({ kind: 'sid', id: 's1' }, Date.now() + 900_000, Date.now());
    expect(() => guard.verifier.check(token)).toThrow('the session of the token has ended');
  });

  it('starts without its issuer and without its feed, says so, and works once they are there', async () => {
    const feed = createFakeFeed(Date.now);
    feed.setFailing(true);
    const { issuer, open } = await setUp({}, { feed });
    issuer.setOutage(true);
    const guard = open();
    await guard.ready;
    expect(guard.healthChecks.map((check) => [check.name, check.critical, check.check()])).toEqual([
      ['keys', false, { status: 'down', detail: { keys: 0, age_seconds: null } }],
      ['revocations', false, { status: 'degraded', detail: { cut_offs: 0, age_seconds: null } }],
    ]);
    issuer.setOutage(false);
    feed.setFailing(false);
    await vi.waitFor(
      () => expect(guard.healthChecks.map((check) => check.check().status)).toEqual(['ok', 'ok']),
      5_000,
    );
    await expect(guard.verifier.verify(issuer.tokenFor())).resolves.toBeDefined();
  });

  it('goes on for ten minutes and more without issuer and feed, with not one refusal', async () => {
    const feed = createFakeFeed(Date.now);
    const { issuer, open } = await setUp({}, { feed });
    const guard = open();
    await guard.ready;
    issuer.setOutage(true);
    feed.setFailing(true);
    feed.setConnected(false);
    for (let second = 0; second < 600; second += 1) {
      issuer.travel(1);
      expect((await guard.verifier.verify(issuer.tokenFor())).site).toBe('site-a.localhost');
    }
    expect(guard.verifier.counts()).toMatchObject({ verified: 600, refused: {} });
    expect(guard.healthChecks.map((check) => check.check().status)).toEqual(['degraded', 'degraded']);
    expect(guard.healthChecks[0]?.check().detail).toEqual({ keys: 1, age_seconds: 600 });
  });

  it('asks for the keys at once when one of them is revoked', async () => {
    const feed = createFakeFeed(Date.now);
    const { issuer, open } = await setUp({}, { feed });
    const guard = open();
    await guard.ready;
    const stolen = issuer.key.kid;
    const token = issuer.tokenFor();
    await guard.verifier.verify(token);
    issuer.rotate();
    issuer.remove(stolen);
    feed.add({ kind: 'kid', id: stolen });
    expect(() => guard.verifier.check(token)).toThrow('the key of the token has been revoked');
    await vi.waitFor(() => expect(guard.jwks.get(issuer.issuer)?.status().kids).toEqual([issuer.key.kid]));
    expect(issuer.fetches()).toBe(2);
  });

  it('believes further issuers, whose tokens our cut-offs do not touch', async () => {
    const feed = createFakeFeed(Date.now);
    const theirs = await createTestIssuer({ issuer: 'https://id.example' });
    const { issuer, open } = await setUp(
      { TRUSTED_ISSUERS: `${theirs.issuer}=${theirs.jwksUrl}` },
      { feed, fetch: async (input, init) => (input === theirs.jwksUrl ? theirs : issuer).fetch(input, init) },
    );
    const guard = open();
    await guard.ready;
    feed.add({ kind: 'sub', id: 'u1', notBefore: Date.now() / 1_000 + 60 });
    await expect(guard.verifier.verify(issuer.tokenFor({ subject: 'u1' }))).rejects.toThrow();
    expect((await guard.verifier.verify(theirs.tokenFor({ subject: 'u1' }))).issuer).toBe('https://id.example');
    theirs.setOutage(true);
    theirs.travel(90_000);
    expect(guard.healthChecks[0]?.check().status).toBe('ok');
  });

  it('takes tokens for the suite and for the one service, and no others', async () => {
    const { issuer, open } = await setUp({}, { audience: 'search' });
    const guard = open();
    await guard.ready;
    const forAudience = (audience: string) => guard.verifier.verify(issuer.tokenFor({ audience }));
    await expect(forAudience('gaia')).resolves.toBeDefined();
    await expect(forAudience('search')).resolves.toBeDefined();
    await expect(forAudience('cms')).rejects.toThrow('the token is for another audience');
  });

  it('holds keys for as long as the setting says', async () => {
    const { issuer, open } = await setUp({ JWKS_MAX_STALE_SECONDS: '600' });
    const guard = open();
    await guard.ready;
    issuer.setOutage(true);
    issuer.travel(599);
    await expect(guard.verifier.verify(issuer.tokenFor())).resolves.toBeDefined();
    issuer.travel(2);
    await expect(guard.verifier.verify(issuer.tokenFor())).rejects.toThrow('not available yet');
    expect(guard.healthChecks[0]?.check().status).toBe('down');
  });

  it('without a feed has nothing to say about revocations', async () => {
    const { open } = await setUp();
    const guard = open();
    expect(guard.revocations).toBeUndefined();
    expect(guard.healthChecks.map((check) => check.name)).toEqual(['keys']);
  });
});

describe('the metrics', () => {
  it('tell what was accepted, what was refused and why, and how old keys and cut-offs are', async () => {
    const feed = createFakeFeed(Date.now);
    const { issuer, open } = await setUp({}, { feed });
    const guard = open();
    await guard.ready;
    const registry = new Registry();
    registerGuardMetrics(guard, registry);
    const token = issuer.tokenFor();
    for (let use = 0; use < 3; use += 1) await guard.verifier.verify(token);
    await guard.verifier.verify(issuer.tokenFor({ expiresIn: -60 })).catch(() => undefined);
    feed.add({ kind: 'sid', id: 'a' });
    await registry.metrics();
    const text = await registry.metrics();
    for (const line of [
      'gaia_tokens_total{result="remembered"} 2',
      'gaia_tokens_total{result="verified"} 1',
      'gaia_tokens_total{result="expired"} 1',
      'gaia_remembered_tokens 1',
      'gaia_jwks_fetches_total{issuer="http://localhost:8080",outcome="ok"} 1',
      'gaia_jwks_fetches_total{issuer="http://localhost:8080",outcome="failed"} 0',
      'gaia_revocations 1',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).toMatch(/gaia_jwks_age_seconds\{issuer="http:\/\/localhost:8080"\} [\d.e-]+/);
    expect(text).toMatch(/gaia_revocations_age_seconds [\d.e-]+/);
    expect(text).not.toContain(token);
  });

  it('are fewer without a feed', async () => {
    const { open } = await setUp();
    const registry = new Registry();
    registerGuardMetrics(open(), registry);
    expect(await registry.metrics()).not.toContain('gaia_revocations');
  });
});
