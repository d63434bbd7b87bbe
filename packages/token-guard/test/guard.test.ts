import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '@gaia/settings';
import { createMemoryState } from '@gaia/state/memory';
import { createTestIssuer } from '@gaia/testing/issuer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGuard, type GuardDependencies } from '../src/guard.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { createFakeFeed } from './fake-feed.ts';

const signingKey = (await createTestIssuer()).key;

async function setUp(env: Record<string, string> = {}, dependencies: Partial<GuardDependencies> = {}) {
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

describe('a guard', () => {
  it('verifies with the keys of the issuer and the revocations of the feed', async () => {
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
      15_000,
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
    await vi.waitFor(() => expect(guard.jwks.get(issuer.issuer)?.status().kids).toEqual([issuer.key.kid]), {
      timeout: 15_000,
    });
    expect(issuer.fetches()).toBe(2);
  });

  it('believes further issuers, whose tokens our revocations do not touch', async () => {
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

  it.each([
    'http://localhost:8080=http://127.0.0.1:9/jwks',
    'https://a.example=http://127.0.0.1:9/jwks,https://a.example=http://127.0.0.1:8/jwks',
  ])('that name an issuer twice make no guard: %s', async (raw) => {
    const { open } = await setUp({ TRUSTED_ISSUERS: raw });
    expect(open).toThrow(TypeError);
  });

  it('keeps the keys of each issuer in a file of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gaia-guard-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const theirs = await createTestIssuer({ issuer: 'https://id.example' });
    const { issuer, open } = await setUp(
      { TRUSTED_ISSUERS: `${theirs.issuer}=${theirs.jwksUrl}`, JWKS_CACHE_FILE: join(folder, 'keys.json') },
      { fetch: async (input, init) => (input === theirs.jwksUrl ? theirs : issuer).fetch(input, init) },
    );
    await open().ready;
    expect((await readdir(folder)).sort()).toEqual(['keys.json', 'keys.json.1']);
    issuer.setOutage(true);
    theirs.setOutage(true);
    const restarted = open();
    await restarted.ready;
    await expect(restarted.verifier.verify(issuer.tokenFor())).resolves.toBeDefined();
    await expect(restarted.verifier.verify(theirs.tokenFor())).resolves.toBeDefined();
  });

  it.each(['keys', 'revocations'])('is not ready before it has asked for its %s', async (which) => {
    const held = Promise.withResolvers<void>();
    const feed = createFakeFeed(Date.now);
    const { snapshot } = feed;
    if (which === 'revocations') feed.snapshot = (now) => held.promise.then(() => snapshot(now));
    const { issuer, open } = await setUp(
      {},
      {
        feed,
        fetch: async (input, init) => {
          if (which === 'keys') await held.promise;
          return issuer.fetch(input, init);
        },
      },
    );
    const guard = open();
    let ready = false;
    const waiting = guard.ready.then((value) => {
      ready = true;
      return value;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ready).toBe(false);
    held.resolve();
    expect(await waiting).toBeUndefined();
    expect(guard.healthChecks.map((check) => check.check().status)).toEqual(['ok', 'ok']);
  });

  it('is degraded while the keys of a further issuer are missing or old, and down only without our own', async () => {
    const theirs = await createTestIssuer({ issuer: 'https://id.example' });
    const { issuer, open } = await setUp(
      { TRUSTED_ISSUERS: `${theirs.issuer}=${theirs.jwksUrl}` },
      { fetch: async (input, init) => (input === theirs.jwksUrl ? theirs : issuer).fetch(input, init) },
    );
    theirs.setOutage(true);
    const guard = open();
    await guard.ready;
    expect(guard.healthChecks[0]?.check()).toEqual({ status: 'degraded', detail: { keys: 1, age_seconds: 0 } });
    theirs.setOutage(false);
    await guard.jwks.get(theirs.issuer)?.refresh();
    expect(guard.healthChecks[0]?.check().status).toBe('ok');
    issuer.setOutage(true);
    issuer.travel(300);
    expect(guard.healthChecks[0]?.check()).toEqual({ status: 'degraded', detail: { keys: 1, age_seconds: 300 } });
    issuer.travel(86_400);
    expect(guard.healthChecks[0]?.check().status).toBe('down');
  });

  it('makes no requests after close', async () => {
    const feed = createFakeFeed(Date.now);
    const { issuer, open } = await setUp({}, { feed });
    const guard = open();
    await guard.ready;
    await guard.close();
    expect(feed.listeners()).toBe(0);
    for (const keys of guard.jwks.values()) await keys.refresh();
    expect(issuer.fetches()).toBe(1);
  });
});
