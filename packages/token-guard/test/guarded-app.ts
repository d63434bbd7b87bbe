import { loadSettings } from '@gaia/settings';
import type { TestIssuer } from '@gaia/testing/issuer';
import { whoAmI } from '@gaia/tokens/identity';
import Fastify, { type FastifyInstance } from 'fastify';
import { createGuard, type Guard, type GuardDependencies } from '../src/guard.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { identityOf, tokenGuard } from '../src/plugin.ts';

export interface GuardedApp {
  readonly app: FastifyInstance;
  readonly guard: Guard;
}

/** A Fastify app with `GET /whoami` behind a guard that trusts the issuer. */
export async function guardedApp(
  issuer: TestIssuer,
  routes?: (scope: FastifyInstance, guard: Guard) => void,
  dependencies: Partial<GuardDependencies> = {},
): Promise<GuardedApp> {
  const config = loadSettings(guardSettings, { GAIA_ISSUER: issuer.issuer, JWKS_URL: issuer.jwksUrl });
  const guard = createGuard(config, { fetch: issuer.fetch, now: issuer.now, ...dependencies });
  await guard.ready;
  const app = Fastify();
  app.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    scope.get('/whoami', async (request) => whoAmI(identityOf(request)));
    routes?.(scope, guard);
  });
  app.addHook('onClose', () => guard.close());
  await app.ready();
  return { app, guard };
}
