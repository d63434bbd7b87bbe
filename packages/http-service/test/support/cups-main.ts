import { loadSettings } from '@gaia/settings';
import { Registry } from 'prom-client';
import { runMain } from '../../src/main.ts';
import { createService } from '../../src/service.ts';
import { serviceSettings } from '../../src/service-settings.ts';

/** A service as a process. With `CLOSES=never` what it has open never closes. */
await runMain({
  name: 'cups',
  loadConfig: (env) => loadSettings(serviceSettings(0), env),
  async start(config, { logger }) {
    const app = await createService({
      name: 'cups',
      description: 'Cups.',
      logger,
      metrics: new Registry(),
      checks: [],
      trustedProxies: config.TRUSTED_PROXIES,
    });
    app.post('/cups', async () => ({}));
    app.addHook('onListen', () => {
      process.stdout.write(`port ${(app.server.address() as { port: number }).port}\n`);
    });
    if (process.env.CLOSES === 'never') app.addHook('onClose', () => new Promise(() => setInterval(() => {}, 1_000)));
    return app;
  },
});
