import { loadSettings } from '@gaia/settings';
import { createTestIssuer } from '@gaia/testing/issuer';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { createGuard, type GuardDependencies } from '../src/guard.ts';
import { registerGuardMetrics } from '../src/guard-metrics.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { createFakeFeed } from './fake-feed.ts';

async function setUp(dependencies: Partial<GuardDependencies> = {}) {
  const startedAt = Date.now();
  const issuer = await createTestIssuer({ now: () => startedAt });
  const config = loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl });
  const guard = createGuard(config, { fetch: issuer.fetch, now: issuer.now, ...dependencies });
  onTestFinished(() => guard.close());
  const registry = new Registry();
  registerGuardMetrics(guard, registry);
  return { issuer, guard, registry };
}

it('tells what was accepted, what was refused and why, and how old keys and revocations are', async () => {
  const feed = createFakeFeed(Date.now);
  const { issuer, guard, registry } = await setUp({ feed });
  await guard.ready;
  const token = issuer.tokenFor();
  for (let use = 0; use < 3; use += 1) await guard.verifier.verify(token);
  await guard.verifier.verify(issuer.tokenFor({ expiresIn: -60 })).catch(() => undefined);
  feed.add({ kind: 'sid', id: 'a' });
  feed.setFailing(true);
  issuer.setOutage(true);
  await guard.jwks.get(issuer.issuer)?.refresh();
  issuer.travel(7);
  await registry.metrics();
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.sort()).toEqual([
    'gaia_jwks_age_seconds{issuer="http://localhost:8080"} 7',
    'gaia_jwks_fetches_total{issuer="http://localhost:8080",outcome="failed"} 1',
    'gaia_jwks_fetches_total{issuer="http://localhost:8080",outcome="ok"} 1',
    'gaia_remembered_tokens 1',
    'gaia_revocations 1',
    'gaia_revocations_age_seconds 7',
    'gaia_tokens_total{result="expired"} 1',
    'gaia_tokens_total{result="remembered"} 2',
    'gaia_tokens_total{result="verified"} 1',
  ]);
});

it('tells no age where there never was an answer', async () => {
  const feed = createFakeFeed(Date.now);
  feed.setFailing(true);
  const { registry } = await setUp({ feed, fetch: () => Promise.reject(new Error('away')) });
  const text = await registry.metrics();
  expect(text).toContain('gaia_jwks_age_seconds{issuer="http://localhost:8080"} Nan');
  expect(text).toContain('gaia_revocations_age_seconds Nan');
});

it('tells nothing of revocations without a feed', async () => {
  const { registry } = await setUp();
  expect(await registry.metrics()).not.toContain('gaia_revocations');
});
