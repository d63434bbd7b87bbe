import { loadSettings } from '@gaia/settings';
import { openState } from '@gaia/state/open';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { createGuard } from '@gaia/token-guard/guard';
import { guardSettings } from '@gaia/token-guard/settings';
import { expect, inject, it, vi } from 'vitest';
import { restartPolicy } from '../src/supervisor.ts';
import { login } from './known-keys.ts';
import { call, runSuite } from './running-suite.ts';

const { redis } = inject('gaiaServers');
const redisUrl = 'url' in redis ? redis.url : undefined;
const why = 'unavailable' in redis ? ` (skipped: ${redis.unavailable})` : '';
/** The services by their distance from the gateway's port, each with a path that asks for a token. */
const guarded = [
  [0, '/cms/whoami'],
  [2, '/cms/whoami'],
  [3, '/assets/whoami'],
  [4, '/search/whoami'],
] as const;

it.skipIf(redisUrl === undefined)(
  `ends a session in every process at once, after a cut too, and goes on without auth and Redis${why}`,
  async () => {
    await using opened = new AsyncDisposableStack();
    const wayOfSuite = await startCuttableProxy(redisUrl ?? '');
    opened.defer(() => wayOfSuite.close());
    const wayOfGuard = await startCuttableProxy(redisUrl ?? '');
    opened.defer(() => wayOfGuard.close());
    const said: string[] = [];
    const suite = await runSuite(
      { RATE_LIMIT: 'off', REDIS_URL: wayOfSuite.url, GAIA_DEMO: 'on', LOG_LEVEL: 'silent' },
      // What is killed stays away for as long as this test.
      { mode: 'separate', say: (line) => said.push(line), restart: { ...restartPolicy, firstDelayMs: 3_600_000 } },
    );
    opened.defer(() => suite.stop());
    const statuses = (token: string) =>
      Promise.all(
        guarded.map(
          async ([offset, path]) =>
            (await call('GET', `http://127.0.0.1:${suite.port + offset}${path}`, { token })).status,
        ),
      );
    const served = guarded.map(() => 200);
    const refused = guarded.map(() => 401);
    const logout = async (token: string) => {
      expect((await call('POST', `${suite.url}/auth/logout`, { token })).status).toBe(204);
    };

    for (let round = 1; round <= 5; round += 1) {
      const { access } = await login(suite.url);
      expect(await statuses(access)).toEqual(served);
      await logout(access);
      await vi.waitFor(async () => expect(await statuses(access)).toEqual(refused), { timeout: 15_000, interval: 5 });
    }

    const state = openState({ redisUrl: wayOfGuard.url, now: Date.now });
    opened.defer(() => state.close());
    const jwksUrl = `${suite.url}/.well-known/jwks.json`;
    const settings = loadSettings(guardSettings, { GAIA_ISSUER: suite.url, JWKS_URL: jwksUrl });
    const guard = createGuard(settings, { feed: state.revocations, fetch });
    opened.defer(() => guard.close());
    await guard.ready;
    const { access: missed } = await login(suite.url);
    expect(await guard.verifier.verify(missed)).toMatchObject({ site: 'site-a.localhost' });
    wayOfGuard.cut();
    await logout(missed);
    expect(await guard.verifier.verify(missed)).toMatchObject({ site: 'site-a.localhost' });
    wayOfGuard.restore();
    const reason = () =>
      guard.verifier.verify(missed).then(
        () => 'none',
        (error: { reason?: string }) => error.reason,
      );
    await vi.waitFor(async () => expect(await reason()).toBe('session_ended'), { timeout: 15_000, interval: 10 });

    const { access } = await login(suite.url);
    expect(await statuses(access)).toEqual(served);
    const auth = Number(/^auth +process (\d+)$/m.exec(said.join('\n'))?.[1]);
    process.kill(auth, 'SIGKILL');
    await vi.waitFor(() => expect(said.join('\n')).toContain(`auth (process ${auth}) has ended`), { timeout: 15_000 });
    expect(await statuses(access)).toEqual(served);
    wayOfSuite.cut();
    for (let round = 1; round <= 5; round += 1) expect(await statuses(access)).toEqual(served);
    wayOfSuite.restore();
  },
  180_000,
);
