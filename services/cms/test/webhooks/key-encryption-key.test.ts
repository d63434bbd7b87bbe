import { createLogger } from '@gaia/http-service/logger';
import { testDatabase } from '@gaia/test-servers/postgres';
import { createTestIssuer } from '@gaia/testing/issuer';
import { beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { start } from '../../src/start.ts';
import { admin, SITE } from '../cms.ts';
import { senderToken } from './sender.ts';

const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
let issuer: Awaited<ReturnType<typeof createTestIssuer>>;
let databaseUrl: string;
beforeAll(async () => {
  issuer = await createTestIssuer();
  databaseUrl = (await testDatabase('cms_kek')).url;
});

/** cms as it is started with a key encryption key; gives what it logs. */
async function startWith(kek: string) {
  const logged: string[] = [];
  const logger = createLogger({ service: 'cms', level: 'warn' }, { write: (line) => void logged.push(line) });
  const config = loadConfig({ DATABASE_URL: databaseUrl, JWKS_URL: issuer.jwksUrl, CMS_KEK: kek });
  const app = await start(config, { logger, now: issuer.now, fetch: issuer.fetch });
  const manage = async (path: string, payload: object) => {
    const url = `/cms/sites/${SITE}/${path}`;
    return (await app.inject({ method: 'POST', url, headers: issuer.headersFor(admin), payload })).json();
  };
  const deliver = async ({ id, secret }: { id: string; secret: string }) => {
    const body = JSON.stringify({ type: 'something.else' });
    const authorization = `Bearer ${senderToken({ secret, body, now: issuer.now() })}`;
    const headers = { authorization, 'content-type': 'application/json' };
    return (await app.inject({ method: 'POST', url: `/cms/hooks/${id}`, headers, payload: body })).statusCode;
  };
  return { manage, deliver, logged, [Symbol.asyncDispose]: () => app.close() };
}

it('keeps every secret of webhooks when the key encryption key is replaced, overlapping ones included', async () => {
  const hooks: { id: string; secret: string }[] = [];
  {
    await using old = await startWith(first);
    const hook = await old.manage('webhooks', { name: 'payments' });
    const { secret } = await old.manage(`webhooks/${hook.id}/rotate`, { overlap_seconds: 3_600 });
    hooks.push(hook, { id: hook.id, secret });
  }
  {
    await using both = await startWith(`${second},${first}`);
    for (const hook of hooks) expect(await both.deliver(hook)).toBe(200);
  }
  {
    await using renewed = await startWith(second);
    for (const hook of hooks) expect(await renewed.deliver(hook)).toBe(200);
    expect(renewed.logged.join('')).not.toContain('cannot be opened');
  }
  await using wrong = await startWith(third);
  expect(wrong.logged.join('')).toContain('cannot be opened');
  for (const { secret } of hooks) expect(wrong.logged.join('')).not.toContain(secret);
});
