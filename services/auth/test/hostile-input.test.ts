import { fuzz, inProcessRequest } from '@gaia/testing/fuzz';
import { anonymousTargets, type Target, textIn } from '@gaia/testing/fuzz-targets';
import { expect, it } from 'vitest';
import { startAuth } from './support/auth-under-test.ts';

/** Headers that say who the client is. */
const clientHeaders: readonly [name: string, value: (text: string) => string][] = [
  ['authorization', (text) => `Basic ${Buffer.from(text).toString('base64')}`],
  ['authorization', (text) => `Basic ${textIn.header(text)}`],
  ['user-agent', textIn.header],
  ['x-forwarded-for', textIn.header],
];

it('refuses hostile text wherever an anonymous caller can put it', async () => {
  await using auth = await startAuth();
  const host = 'site-a.localhost';
  const values = { email: 'ann@example.org', password: 'correct horse battery', site: host, host };
  const targets: Target[] = [
    ...anonymousTargets((await auth.app.inject('/openapi.json')).json(), { values }),
    ...clientHeaders.map(([name, value]) => ({
      name: `POST /oauth/token ${name}`,
      request: (text: string) => ({
        method: 'POST',
        url: '/oauth/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded', [name]: value(text) },
        body: 'grant_type=client_credentials',
      }),
    })),
  ];
  const { faults } = await fuzz(targets, inProcessRequest(auth.app));
  expect(faults).toEqual([]);
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'GET /auth/hosts/{host} path host',
      'POST /auth/login member password',
      'POST /auth/refresh member refresh_token',
      'POST /auth/reset member token',
      'POST /oauth/token member client_assertion',
      'POST /oauth/introspect member token',
      'GET /.well-known/jwks.json header authorization',
      'GET /.well-known/jwks.json query',
    ]),
  );
}, 120_000);
