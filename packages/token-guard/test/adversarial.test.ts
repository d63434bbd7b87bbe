import { createLogger } from '@gaia/http-service/logger';
import { createService } from '@gaia/http-service/service';
import { loadSettings } from '@gaia/settings';
import { adversarialPack, assertAllRefused } from '@gaia/testing/adversarial-pack';
import { createTestIssuer } from '@gaia/testing/issuer';
import { inProcess, overHttp } from '@gaia/testing/senders';
import { whoAmI } from '@gaia/tokens/identity';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createGuard } from '../src/guard.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { identityOf, tokenGuard } from '../src/plugin.ts';
import { guardedApp } from './guarded-app.ts';

it('refuses every forgery of the pack in process, each with its code', async () => {
  const issuer = await createTestIssuer();
  const { app } = await guardedApp(issuer);
  const report = await adversarialPack({ issuer, send: inProcess(app, '/whoami') });
  assertAllRefused(report);
  await app.close();
});

it('refuses every forgery of the pack over HTTP, as problems', async () => {
  const issuer = await createTestIssuer();
  const guard = createGuard(loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl }), { fetch: issuer.fetch });
  await guard.ready;
  const service = await createService({
    name: 'things',
    description: 'A guarded service',
    logger: createLogger({ service: 'things', level: 'silent' }),
    metrics: new Registry(),
    checks: guard.healthChecks,
    trustedProxies: [],
  });
  service.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    scope.get('/whoami', async (request) => whoAmI(identityOf(request)));
  });
  const origin = await service.listen({ host: '127.0.0.1', port: 0 });
  const send = overHttp(`${origin}/whoami`);
  const mediaTypes = new Set<unknown>();
  const report = await adversarialPack({
    issuer,
    send: async (request) => {
      const answer = await send(request);
      if (answer.status === 401) mediaTypes.add(answer.headers['content-type']);
      return answer;
    },
  });
  assertAllRefused(report);
  expect([...mediaTypes]).toEqual(['application/problem+json; charset=utf-8']);
  expect(await (await fetch(`${origin}/ready`)).json()).toMatchObject({ status: 'ready' });
  await service.close();
  await guard.close();
});
