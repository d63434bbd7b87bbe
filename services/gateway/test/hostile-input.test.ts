import { fuzz, inProcessRequest } from '@gaia/testing/fuzz';
import { anonymousTargets, type FuzzedRequest, type Target, textIn } from '@gaia/testing/fuzz-targets';
import { expect, it } from 'vitest';
import { openSites } from './support/sites.ts';

/** What the gateway reads of requests that it passes on, and of people at its pages. */
const addresses = [
  '/{text}',
  '/cms/{text}',
  '/cms/x?{text}',
  '/sign-in?lang={text}',
  '/sign-in?return={text}',
  '/register?return={text}',
  '/reset?token={text}',
  '/invitation?token={text}',
  '/account?{text}',
  '/sso?return={text}',
  '/sso?from={text}',
  '/sso?token={text}',
  '/sso/authorize?nonce=a&host={text}',
  '/sso/authorize?host=site-b.localhost&nonce={text}',
];
const cookies = ['gaia', 'gaia-form', 'gaia-sso', 'gaia-language'];
const forms: readonly [path: string, ...fields: string[]][] = [
  ['/sign-in', 'name', 'password', 'return', 'remember'],
  ['/register', 'email', 'username', 'name', 'password'],
  ['/forgot', 'email'],
  ['/reset', 'token', 'password'],
  ['/verify', 'token'],
  ['/invitation', 'token', 'password'],
];

it('refuses hostile text wherever an anonymous caller can put it', async () => {
  const { gateway, visitor, a } = await openSites({ env: { RATE_LIMIT: 'off' } });
  const { host, port } = new URL(a);
  const person = visitor();
  const page = await person.get(`${a}/sign-in`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
  expect(csrf).toBeDefined();
  const cookie = [...(person.cookies.get('site-a.localhost') ?? [])].map((pair) => pair.join('=')).join('; ');

  const get = (url: string, headers: FuzzedRequest['headers'] = {}) => ({
    method: 'GET',
    url,
    headers,
    body: undefined,
  });
  const post = (url: string, body: string): FuzzedRequest => ({
    method: 'POST',
    url,
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', origin: a },
    body,
  });
  const values = { email: 'ann@example.org', password: 'right', site: 'site-a.localhost' };
  const targets: Target[] = [
    ...anonymousTargets((await gateway.send('/openapi.json')).json(), { values }),
    ...addresses.map((address) => ({
      name: address,
      request: (text: string) => get(address.replace('{text}', () => textIn.path(text))),
    })),
    ...cookies.map((purpose) => ({
      name: `cookie ${purpose}`,
      request: (text: string) => get('/account', { cookie: `${purpose}-${port}=${textIn.header(text)}` }),
    })),
    ...['/', '/session', '/sign-in', '/cms/x'].map((path) => ({
      name: `host of ${path}`,
      request: (text: string) => get(path, { host: textIn.header(text) }),
    })),
    ...forms.flatMap(([path, ...fields]) =>
      fields.map((field) => ({
        name: `form ${path} ${field}`,
        request: (text: string) => post(path, `csrf=${csrf}&${field}=${textIn.path(text)}`),
      })),
    ),
    { name: 'form', request: (text) => post('/sign-in', text) },
  ];
  const { faults } = await fuzz(targets, inProcessRequest(gateway.app, { host, accept: 'text/html' }));
  expect(faults).toEqual([]);
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'POST /session member password',
      'POST /session body as application/json',
      'GET /session header cookie',
      'GET /session header x-forwarded-host',
    ]),
  );
}, 120_000);
