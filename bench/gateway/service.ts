import { createLogger } from '@gaia/http-service/logger';
import { createService } from '@gaia/http-service/service';
import { loadSettings } from '@gaia/settings';
import { createMemoryState } from '@gaia/state/memory';
import { tokenGuard } from '@gaia/token-guard';
import { createGuard } from '@gaia/token-guard/guard';
import { requireScope } from '@gaia/token-guard/requirements';
import { guardSettings } from '@gaia/token-guard/settings';
import { Registry } from 'prom-client';
import { Type } from 'typebox';

/**
 * A service as all of Gaia's are, with as little to do as one can have: its shell, a token verified, a small answer, no
 * database.
 */
const [port, jwksUrl = ''] = process.argv.slice(2);
const state = createMemoryState({ now: Date.now });
const guard = createGuard(loadSettings(guardSettings, { GAIA_ISSUER: 'http://localhost:8080', JWKS_URL: jwksUrl }), {
  feed: state.revocations,
  fetch,
});
await guard.ready;
const app = await createService({
  name: 'bench',
  description: 'Measured',
  logger: createLogger({ service: 'bench', level: 'info' }),
  metrics: new Registry(),
  checks: guard.healthChecks,
  trustedProxies: [],
});
await app.register(async (scope) => {
  await scope.register(tokenGuard, { guard });
  scope.get(
    '/cms/x',
    { schema: { response: { 200: Type.Object({ hello: Type.String() }) } }, onRequest: requireScope('content:read') },
    async () => ({ hello: 'world' }),
  );
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
