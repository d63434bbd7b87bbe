import { createLogger } from '@gaia/http-service/logger';
import { testDatabase } from '@gaia/test-servers/postgres';
import { createTestIssuer } from '@gaia/testing/issuer';
import { expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { migrateDatabase, start } from '../src/start.ts';
import { admin, editor, follower, SITE } from './cms.ts';

it('starts as replicas side by side, which tell each other of changes', async () => {
  const [issuer, { url }] = await Promise.all([createTestIssuer(), testDatabase('cms_start')]);
  const config = loadConfig({
    DATABASE_URL: url,
    JWKS_URL: issuer.jwksUrl,
    LOG_LEVEL: 'silent',
    CMS_KEK: 'K'.repeat(43),
  });
  const deps = { logger: createLogger({ service: 'cms', level: 'silent' }), now: issuer.now, fetch: issuer.fetch };
  const [one, other] = await Promise.all([start(config, deps), start(config, deps)]);
  const url_ = (path: string) => `/cms/sites/${SITE}/${path}`;
  await one.inject({
    method: 'POST',
    url: url_('types'),
    headers: issuer.headersFor(admin),
    payload: { name: 'note' },
  });
  const waiting = other.inject({ url: '/cms/feed?wait=20', headers: issuer.headersFor(follower) });
  const created = await one.inject({
    method: 'POST',
    url: url_('entries'),
    headers: issuer.headersFor(editor),
    payload: { type: 'note', fields: {} },
  });
  expect(created.statusCode).toBe(201);
  expect((await waiting).json().events).toMatchObject([{ id: created.json().id, seq: created.json().seq }]);

  const ready = (await one.inject('/ready')).json();
  expect(ready).toMatchObject({
    status: 'degraded',
    checks: { database: { status: 'ok' }, state: { status: 'degraded' } },
  });
  const documented = (await one.inject('/openapi.json')).json();
  for (const path of ['/cms/sites/{site}/entries/{id}/publish', '/cms/feed', '/cms/sites/{site}/types/{type}']) {
    expect(documented.paths).toHaveProperty([path]);
  }
  await Promise.all([one.close(), other.close()]);
  expect(await migrateDatabase(config)).toEqual([]);
});
