import { describe, expect, it } from 'vitest';
import { signIn } from '../support/browser.ts';
import { openGateway } from '../support/gateway.ts';
import { genuineToken } from './genuine-token.ts';

const SECRET = 'a-forward-auth-secret-with-32-characters';

describe('the endpoint itself', () => {
  const asking = { 'x-gaia-forward-auth': SECRET };

  it.each([
    ['without the secret', { 'x-gaia-forward-auth': '' }],
    ['with another secret', { 'x-gaia-forward-auth': `${SECRET}x` }],
  ])('is not there %s', async (_, headers) => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const session = await signIn(gateway);
    const answer = await gateway.send('/forward-auth', { headers: { cookie: session.cookie, ...headers } });
    expect(answer.status).toBe(404);
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it('is not there where none was set', async () => {
    const gateway = await openGateway();
    expect((await gateway.send('/forward-auth', { headers: asking })).status).toBe(404);
  });

  it.each(['x-original-method', 'x-forwarded-method'])('goes by the method in %s', async (name) => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    const ask = (headers: Record<string, string>) =>
      gateway.send('/forward-auth', { headers: { ...asking, cookie, ...headers } });
    expect((await ask({ [name]: 'GET' })).status).toBe(200);
    expect((await ask({ [name]: 'delete' })).json()).toMatchObject({ status: 403, code: 'csrf_token_missing' });
    const other = name === 'x-original-method' ? 'x-forwarded-method' : 'x-original-method';
    expect((await ask({ [name]: 'GET', [other]: 'PUT' })).json()).toMatchObject({ code: 'csrf_token_missing' });
  });

  it('takes a question that does not say the method for one that changes something', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const session = await signIn(gateway);
    const ask = (headers: Record<string, string>) =>
      gateway.send('/forward-auth', { headers: { ...asking, cookie: session.cookie, ...headers } });
    expect((await ask({})).json()).toMatchObject({ status: 403, code: 'csrf_token_missing' });
    expect((await ask({ 'x-csrf-token': session.csrf })).status).toBe(200);
    const foreign = await ask({ 'x-csrf-token': session.csrf, origin: 'http://evil.example' });
    expect(foreign.json()).toMatchObject({ status: 403, code: 'cross_site_refused' });
  });

  it('takes genuine tokens of the suite alone, each refused with its code', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const good = await genuineToken();
    const [header, payload] = good.split('.');
    const cases = [
      [`Bearer ${good}`, 200, undefined],
      [`bearer ${good}`, 200, undefined],
      [`Bearer ${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`, 401, 'token_invalid'],
      [`Bearer ${await genuineToken({ audience: 'auth' })}`, 401, 'token_invalid'],
      [`Bearer ${await genuineToken({ expiresIn: -60 })}`, 401, 'token_expired'],
      [`Bearer ${good}=`, 401, 'token_malformed'],
      ['Bearer', 401, 'token_malformed'],
      ['x', 401, 'token_missing'],
      ['Basic eDp5', 401, 'token_missing'],
      ['', 401, 'token_malformed'],
    ] as const;
    for (const [authorization, status, code] of cases) {
      const answer = await gateway.send('/forward-auth', { headers: { ...asking, authorization } });
      expect([answer.status, status === 200 ? undefined : answer.json<{ code: string }>().code], authorization).toEqual(
        [status, code],
      );
      if (status !== 200) expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
    }
  });

  it("answers the headers that Traefik sends as Traefik's documentation lists them", async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET, TRUSTED_PROXIES: 'loopback' } });
    gateway.auth.hosts.set('localhost', 'site-a.localhost');
    const traefik = {
      ...asking,
      host: 'gateway:8080',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': `localhost:${gateway.port}`,
      'x-forwarded-port': String(gateway.port),
      'x-forwarded-proto': 'http',
      'x-forwarded-server': 'traefik',
      'x-forwarded-uri': '/own/x?y=1',
      'x-forwarded-method': 'GET',
    };
    const opened = await gateway.send('/forward-auth', { headers: { ...traefik, accept: 'text/html' } });
    expect(opened.status).toBe(303);
    expect(opened.headers.location).toMatch(/^http:\/\/localhost:\d+\/sign-in\?return=%2Fown%2Fx%3Fy%3D1$/);
    const { cookie } = await signIn(gateway, { headers: { host: `localhost:${gateway.port}` } });
    const answer = await gateway.send('/forward-auth', { headers: { ...traefik, cookie } });
    expect(answer.headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer /),
      'x-gaia-site': 'site-a.localhost',
    });
    const changing = { ...traefik, cookie, 'x-forwarded-method': 'POST' };
    expect((await gateway.send('/forward-auth', { headers: changing })).json()).toMatchObject({
      code: 'csrf_token_missing',
    });
  });

  it('leads nobody to a page at a host of no site, or to an address that is none of its own', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const page = { ...asking, accept: 'text/html', 'x-forwarded-method': 'GET' };
    gateway.auth.hosts.set('localhost', 'site-a.localhost');
    const host = `localhost:${gateway.port}`;
    const unknown = { ...page, host: `nowhere.localhost:${gateway.port}`, 'x-forwarded-uri': '/a' };
    expect((await gateway.send('/forward-auth', { headers: unknown })).status).toBe(401);
    for (const path of ['//evil.example/', 'https://evil.example/', '/\\evil.example', '/a/../b']) {
      const led = await gateway.send('/forward-auth', { headers: { ...page, host, 'x-forwarded-uri': path } });
      expect(led.headers.location, path).toBe(`http://${host}/sign-in?return=%2F`);
    }
  });

  it('refuses a session of an account that belongs to no site', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    gateway.auth.audience = 'auth';
    const { cookie } = await signIn(gateway);
    const answer = await gateway.send('/forward-auth/a', { headers: { ...asking, cookie } });
    expect(answer.json()).toMatchObject({ status: 403, code: 'account_session' });
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it('refuses a second Authorization header, whatever it holds', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    for (const other of ['Bearer y', 'Basic eDp5', '']) {
      const headers = [
        ...Object.entries({ ...asking, cookie }).flat(),
        'Authorization',
        'Bearer x',
        'authorization',
        other,
      ];
      const answer = await gateway.send('/forward-auth', { headers });
      expect(answer.json()).toMatchObject({ status: 400, code: 'duplicate_header' });
      expect(answer.headers).not.toHaveProperty('authorization');
    }
  });

  it('takes the path that Envoy adds', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    const answer = await gateway.send('/forward-auth/a/b?c', { headers: { ...asking, cookie } });
    expect(answer.headers.authorization).toMatch(/^Bearer /);
  });
});
