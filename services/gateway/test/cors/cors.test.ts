import { beforeEach, describe, expect, it } from 'vitest';
import { signIn } from '../support/browser.ts';
import { openGateway, type TestGateway } from '../support/gateway.ts';
import { type Answer, answerJson } from '../support/servers.ts';

const HOST = 'site-a.localhost';
const ORIGIN = 'https://www.alpine.example';

function opened(options: Parameters<typeof openGateway>[0] = {}): Promise<TestGateway> {
  return openGateway(options).then((gateway) => {
    for (const host of [HOST, 'site-b.localhost']) gateway.auth.hosts.set(host, host);
    gateway.auth.origins.set(HOST, [ORIGIN, 'http://localhost:3000']);
    gateway.auth.origins.set('site-b.localhost', ['https://choir.example']);
    return gateway;
  });
}

function corsHeaders({ headers }: Answer): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}

const preflight = (headers: Record<string, string> = {}) => ({
  method: 'OPTIONS',
  headers: { host: HOST, origin: ORIGIN, 'access-control-request-method': 'GET', ...headers },
});

describe('a registered origin', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await opened();
  });

  it.each([
    '/cms/sites/site-a.localhost/entries',
    '/graphql',
    '/search?q=x',
    '/assets/1',
    '/auth/login',
    '/auth/me',
    '/oauth/token',
    '/@/api/login',
    '/@/api/me',
  ])('gets its preflight answered at %s, and no service is asked', async (path) => {
    const answer = await gateway.send(path, preflight({ 'access-control-request-method': 'PUT' }));
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-max-age': '3600',
      vary: 'origin',
    });
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'if-match']));
    expect(allowed).not.toEqual(expect.arrayContaining(['x-csrf-token']));
    expect(allowed).not.toContain('*');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(gateway.auth.calls.map((call) => call.path)).not.toContain(path);
  });

  it('may read answers and their headers, with a bearer token', async () => {
    const headers = { host: HOST, origin: ORIGIN, authorization: 'Bearer x', 'content-type': 'application/json' };
    const answer = await gateway.send('/cms/x', { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'origin' });
    expect(String(answer.headers['access-control-expose-headers']).split(', ')).toEqual(
      expect.arrayContaining(['etag', 'location', 'ratelimit', 'retry-after', 'gaia-seq', 'x-request-id']),
    );
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('may read refusals too, of the gateway and of its rate limits', async () => {
    const invalid = await gateway.send('/cms/../x', { headers: { host: HOST, origin: ORIGIN } });
    expect(invalid.status).toBeGreaterThanOrEqual(400);
    const few = await opened({ env: { RATE_LIMIT_PER_MINUTE: '1' } });
    const sending = { headers: { host: HOST, origin: ORIGIN } };
    await few.send('/cms/x', sending);
    const limited = await few.send('/cms/x', sending);
    expect([limited.status, limited.headers['access-control-allow-origin']]).toEqual([429, ORIGIN]);
    expect(limited.headers['retry-after']).toBeDefined();
  });

  it('does not use up the login limit with its questions', async () => {
    const few = await opened({ env: { RATE_LIMIT_LOGIN_PER_MINUTE: '1' } });
    for (let index = 0; index < 3; index += 1) expect((await few.send('/auth/login', preflight())).status).toBe(204);
  });

  it('gets no use of a visitor’s session: neither an answer with credentials nor a change', async () => {
    const session = await signIn(gateway, { headers: { host: HOST } });
    const reading = { headers: { host: HOST, origin: ORIGIN, cookie: session.cookie } };
    expect((await gateway.send('/cms/x', reading)).headers).not.toHaveProperty('access-control-allow-credentials');
    const headers = {
      ...reading.headers,
      'x-csrf-token': session.csrf,
      'content-type': 'application/json',
    };
    const changing = await gateway.send('/cms/x', { method: 'POST', headers, body: '{}' });
    expect(changing.json()).toMatchObject({ status: 403, code: 'cross_site_refused' });
  });
});

describe('nobody else', () => {
  it.each([
    ['another origin', HOST, 'https://evil.example'],
    ['no origin at all: null', HOST, 'null'],
    ['another scheme', HOST, 'http://www.alpine.example'],
    ['another port', HOST, 'https://www.alpine.example:8443'],
    ['another port of localhost', HOST, 'http://localhost:3001'],
    ['a longer name', HOST, 'https://www.alpine.example.evil.example'],
    ['a name before', HOST, 'https://evil-www.alpine.example'],
    ['a sub-domain', HOST, 'https://x.www.alpine.example'],
    ['the parent', HOST, 'https://alpine.example'],
    ['capitals', HOST, 'https://WWW.alpine.example'],
    ['a path', HOST, `${ORIGIN}/`],
    ['user information', HOST, 'https://www.alpine.example@evil.example'],
    ['a list', HOST, `${ORIGIN} https://evil.example`],
    ['a pattern', HOST, '*'],
    ['the origin of another site', HOST, 'https://choir.example'],
    ['a site without origins', 'site-c.localhost', ORIGIN],
    ['the installation’s own address', 'localhost', ORIGIN],
    ['nothing', HOST, ''],
  ])('reads or changes anything: %s', async (_name, host, origin) => {
    const gateway = await opened();
    const asked = await gateway.send('/cms/x', preflight({ host, origin }));
    expect(asked.json()).toMatchObject({ status: 403, code: 'origin_not_registered' });
    expect(corsHeaders(asked)).toEqual([]);
    const read = await gateway.send('/cms/x', { headers: { host, origin, authorization: 'Bearer x' } });
    expect([read.status, corsHeaders(read), read.headers.vary]).toEqual([200, [], 'origin']);
  });

  it.each(['/session', '/sign-in', '/account', '/sso', '/', '/docs', '/ready', '/forward-auth'])(
    'and no origin reads the gateway’s own %s',
    async (path) => {
      const gateway = await opened();
      expect(corsHeaders(await gateway.send(path, preflight()))).toEqual([]);
      expect(corsHeaders(await gateway.send(path, { headers: { host: HOST, origin: ORIGIN } }))).toEqual([]);
    },
  );
});

describe('what services say of origins', () => {
  it('adds to what varies, and never lets credentials through', async () => {
    const gateway = await opened({
      cms: (_, outgoing) =>
        answerJson(outgoing, 200, {}, { vary: 'authorization', 'access-control-allow-credentials': 'true' }),
    });
    const answer = await gateway.send('/cms/x', { headers: { host: HOST, origin: ORIGIN } });
    expect(String(answer.headers.vary).split(', ').sort()).toEqual(['authorization', 'cookie', 'origin']);
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

it('a site’s change of its origins counts after a minute at the latest', async () => {
  let time = Date.now();
  const gateway = await opened({ now: () => time });
  const allowed = async () => (await gateway.send('/cms/x', preflight())).status;
  expect(await allowed()).toBe(204);
  gateway.auth.origins.set(HOST, []);
  time += 60_001;
  expect(await allowed()).toBe(403);
});
