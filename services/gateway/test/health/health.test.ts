import { createLogger } from '@gaia/http-service/logger';
import { createMemoryState } from '@gaia/state/memory';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { start } from '../../src/start.ts';
import { openGateway } from '../support/gateway.ts';
import { answerJson, send, serve } from '../support/servers.ts';

const ready =
  (body: unknown, status = 200) =>
  (_incoming: unknown, outgoing: Parameters<typeof answerJson>[0]) =>
    answerJson(outgoing, status, body);

it('is ready when all services are', async () => {
  const all = ready({ status: 'ready', checks: {} });
  const gateway = await openGateway({ cms: all, assets: all, search: all });
  gateway.auth.down = true;
  const answer = await gateway.send('/ready');
  expect(answer.json()).toMatchObject({
    status: 'degraded',
    checks: {
      auth: { status: 'down' },
      cms: { status: 'ok' },
      assets: { status: 'ok' },
      search: { status: 'ok' },
      state: { status: 'ok' },
    },
  });
  expect(answer.status).toBe(200);
  expect((await gateway.send('/live')).json()).toEqual({ status: 'live' });
});

it('says what of a service is degraded or down', async () => {
  const gateway = await openGateway({
    cms: ready({ status: 'degraded', checks: { feed: { status: 'degraded' } } }),
    assets: ready({ status: 'unavailable', checks: { database: { status: 'down' } } }, 503),
    search: (incoming) => void incoming.socket.destroy(),
  });
  expect((await gateway.send('/ready')).json()).toMatchObject({
    status: 'degraded',
    checks: {
      cms: { status: 'degraded', detail: { checks: { feed: { status: 'degraded' } } } },
      assets: { status: 'down', detail: { checks: { database: { status: 'down' } } } },
      search: { status: 'down', detail: { cause: 'unreachable' } },
    },
  });
});

it('does not ask the services at every call', async () => {
  let calls = 0;
  const gateway = await openGateway({
    cms: (_incoming, outgoing) => {
      calls += 1;
      answerJson(outgoing, 200, { status: 'ready' });
    },
  });
  await Promise.all(Array.from({ length: 30 }, () => gateway.send('/ready')));
  expect(calls).toBeLessThanOrEqual(2);
});

it('serves its metrics on a port of their own, never on the public one', async () => {
  const spare = await serve(() => {});
  await spare.close();
  const state = createMemoryState({ now: Date.now });
  const cms = await serve((incoming) => incoming.socket.destroy());
  const config = loadConfig({ METRICS_PORT: String(spare.port), CMS_URL: cms.origin });
  const deps = { logger: createLogger({ service: 'gateway', level: 'silent' }), state };
  const app = await start(config, deps);
  onTestFinished(async () => {
    await app.close();
    await state.close();
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  await send(`http://127.0.0.1:${port}`, '/some/unbounded/path');
  expect((await send(`http://127.0.0.1:${port}`, '/metrics')).status).toBe(404);
  expect((await send(`http://127.0.0.1:${port}`, '/cms/x')).status).toBe(503);
  const metrics = await send(spare.origin, '/metrics');
  expect(metrics.text).toContain('gaia_gateway_upstream_failures_total{service="cms",code="upstream_unavailable"} 1');
  expect(metrics.text).toContain('gaia_http_request_duration_seconds_count{method="GET",route="none",status="404"} 2');
  expect(metrics.text).not.toContain('unbounded');
  expect((await send(spare.origin, '/other')).status).toBe(404);
  await expect(start(config, deps)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
