import { describe, expect, it } from 'vitest';
import { COOKIE, signIn, unsafe } from '../support/browser.ts';
import { openGateway } from '../support/gateway.ts';

const json = { 'content-type': 'application/json' };

describe('a request with a session that changes something', () => {
  it.each([
    ['the token alone (no browser)', {}],
    ['the token from its own origin', { origin: 'http://localhost' }],
    ['the token from its own origin, told twice', { origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }],
    ['the token, by the user’s own hand', { 'sec-fetch-site': 'none' }],
  ])('goes through with %s', async (_name, headers) => {
    const gateway = await openGateway();
    const session = await signIn(gateway, { headers: { host: 'localhost' } });
    const answer = await gateway.send('/cms/x', unsafe(session, { host: 'localhost', ...(headers as object) }));
    expect(answer.status).toBe(200);
    expect(answer.json<{ headers: object }>().headers).not.toHaveProperty('x-csrf-token');
  });

  it.each([
    ['no token', { 'x-csrf-token': '' }, 'csrf_token_missing'],
    ['a wrong token', { 'x-csrf-token': 'A'.repeat(43) }, 'csrf_token_invalid'],
    ['a short token', { 'x-csrf-token': 'A' }, 'csrf_token_invalid'],
    ['another site’s origin', { origin: 'http://evil.example' }, 'cross_site_refused'],
    ['no origin of its own', { origin: 'null' }, 'cross_site_refused'],
    ['another port', { origin: 'http://localhost:81' }, 'cross_site_refused'],
    ['another scheme', { origin: 'https://localhost' }, 'cross_site_refused'],
    ['a longer host', { origin: 'http://localhost.evil.example' }, 'cross_site_refused'],
    ['user information', { origin: 'http://localhost@evil.example' }, 'cross_site_refused'],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 'cross_site_refused'],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }, 'cross_site_refused'],
    ['an unknown fetch', { 'sec-fetch-site': 'x' }, 'cross_site_refused'],
    [
      'its own origin but a cross-site fetch',
      { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' },
      'cross_site_refused',
    ],
  ])('is refused with %s', async (_name, headers, code) => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const session = await signIn(gateway, { headers: { host: 'localhost' } });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const sending = unsafe(session, { host: 'localhost', ...(headers as unknown as Record<string, string>) });
      expect((await gateway.send('/cms/x', { ...sending, method })).json()).toMatchObject({ status: 403, code });
    }
  });

  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
  ])('gets around it with no simple content type: %s', async (type) => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const session = await signIn(gateway);
    const headers = { cookie: session.cookie, 'content-type': type };
    const answer = await gateway.send('/cms/x', { method: 'POST', headers, body: '{}' });
    expect(answer.json()).toMatchObject({ status: 403, code: 'csrf_token_missing' });
  });

  it('is refused with another session’s token', async () => {
    const gateway = await openGateway();
    const [one, other] = [await signIn(gateway), await signIn(gateway)];
    expect((await gateway.send('/cms/x', unsafe({ ...one, csrf: other.csrf }))).json()).toMatchObject({
      code: 'csrf_token_invalid',
    });
  });

  it.each(['/auth/logout', '/@/api/logout', '/graphql', '/assets/x', '/search/x'])(
    'needs the token at %s',
    async (path) => {
      const gateway = await openGateway();
      const session = await signIn(gateway);
      const answer = await gateway.send(path, {
        method: 'POST',
        headers: { ...json, cookie: session.cookie },
        body: '{}',
      });
      expect(answer.json()).toMatchObject({ status: 403, code: 'csrf_token_missing' });
    },
  );
});

describe('no token is needed', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('by %s, even from elsewhere', async (method) => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const headers = { cookie: session.cookie, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await gateway.send('/cms/x', { method, headers })).status).toBe(200);
  });

  it('with a bearer token, for no browser sends one by itself', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const headers = { ...json, cookie: session.cookie, authorization: 'Bearer mine', origin: 'http://app.example' };
    const seen = await gateway.seen('/cms/x', { method: 'POST', headers, body: '{}' });
    expect(seen.headers.authorization).toBe('Bearer mine');
  });

  it('without a session', async () => {
    const gateway = await openGateway();
    const headers = { ...json, cookie: `${COOKIE}=${'A'.repeat(43)}; other=1` };
    const seen = await gateway.seen('/cms/x', { method: 'POST', headers, body: '{}' });
    expect(seen.headers).not.toHaveProperty('authorization');
  });

  it.each(['/auth/login', '/auth/refresh', '/oauth/token', '/@/api/login'])(
    'at %s, which takes nothing from the session',
    async (path) => {
      const gateway = await openGateway();
      const session = await signIn(gateway);
      const headers = { ...json, cookie: session.cookie };
      const answer = await gateway.send(path, {
        method: 'POST',
        headers,
        body: '{"refresh_token":"x#1","password":"wrong"}',
      });
      expect(answer.status).not.toBe(403);
      expect(gateway.auth.calls.at(-1)?.headers).not.toHaveProperty('authorization');
    },
  );
});

describe('/session', () => {
  it.each([
    [{ origin: 'http://evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('is neither begun nor ended from %j', async (headers) => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    const body = '{"email":"ann@example.org","password":"right"}';
    const begin = await gateway.send('/session', {
      method: 'POST',
      headers: { ...json, ...(headers as object) },
      body,
    });
    expect(begin.json()).toMatchObject({ status: 403, code: 'cross_site_refused' });
    const end = await gateway.send('/session', {
      method: 'DELETE',
      headers: { cookie: session.cookie, ...(headers as object) },
    });
    expect(end.json()).toMatchObject({ status: 403, code: 'cross_site_refused' });
    expect((await gateway.send('/session', { headers: { cookie: session.cookie } })).json()).toMatchObject({
      authenticated: true,
    });
  });

  it('is ended without a token, from its own origin or from none', async () => {
    const gateway = await openGateway();
    for (const headers of [{}, { origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }]) {
      const session = await signIn(gateway, { headers: { host: 'localhost' } });
      const end = { method: 'DELETE', headers: { host: 'localhost', cookie: session.cookie, ...headers } };
      expect((await gateway.send('/session', end)).status).toBe(204);
    }
    expect((await gateway.send('/session', { method: 'DELETE' })).status).toBe(204);
  });

  it('is ended here though auth is away', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway);
    gateway.auth.down = true;
    expect((await gateway.send('/session', { method: 'DELETE', headers: { cookie: session.cookie } })).status).toBe(
      204,
    );
    expect((await gateway.send('/session', { headers: { cookie: session.cookie } })).json()).toEqual({
      authenticated: false,
    });
  });
});
