import { describe, expect, it } from 'vitest';
import { COOKIE, signIn, unsafe } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { createClock, openGateway } from '../support/gateway.ts';
import { stateBackends } from '../support/states.ts';

describe.each(stateBackends())('sessions on $name', ({ open, skip }) => {
  it.skipIf(skip)('begin, lend their token, and end', async () => {
    const [state] = open(1);
    const gateway = await openGateway({ ...(state && { state }) });
    const session = await signIn(gateway);
    expect(session.answer.json()).toEqual({
      authenticated: true,
      user: { id: 'u1', email: 'ann@example.org', username: null, name: 'Ann', administrator: false },
      roles: ['editor'],
      scope: 'content:read',
      authenticated_at: expect.stringMatching(/^\d{4}-/),
      expires_at: expect.stringMatching(/^\d{4}-/),
      csrf_token: expect.stringMatching(/^[\w-]{50,60}$/),
    });
    expect(session.answer.text).not.toContain('eyJ');

    const seen = await gateway.seen('/cms/x', { headers: { cookie: session.cookie } });
    expect(claimsOf(seen.headers.authorization ?? '')).toMatchObject({ sub: 'u1' });
    expect(seen.headers).not.toHaveProperty('cookie');
    const mine = await gateway.send('/session', { headers: { cookie: session.cookie } });
    const { csrf_token: _, ...told } = session.answer.json();
    expect(mine.json()).toMatchObject(told);
    expect(mine.headers['cache-control']).toBe('no-store');

    const end = await gateway.send('/session', { method: 'DELETE', headers: { cookie: session.cookie } });
    expect(end.status).toBe(204);
    expect(end.headers['clear-site-data']).toBe('"cache"');
    expect(String(end.headers['set-cookie'])).toMatch(
      /^gaia-8080=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax$/,
    );
    expect(gateway.auth.families.size).toBe(0);
    const after = await gateway.send('/session', { headers: { cookie: session.cookie } });
    expect(after.json()).toEqual({ authenticated: false });
    expect((await gateway.seen('/cms/x', { headers: { cookie: session.cookie } })).headers).not.toHaveProperty(
      'authorization',
    );
  });

  it.skipIf(skip)('are the same at every replica', async () => {
    const [one, other] = open(2);
    if (!one || !other) throw new Error('two replicas');
    const first = await openGateway({ state: one });
    const second = await openGateway({ state: other, auth: first.auth });
    const session = await signIn(first);
    expect((await second.send('/session', { headers: { cookie: session.cookie } })).json()).toMatchObject({
      authenticated: true,
    });
    expect((await second.send('/cms/x', unsafe(session))).status).toBe(200);
    await second.send('/session', { method: 'DELETE', headers: { cookie: session.cookie } });
    // The first has seen the session before and could still hold it in memory.
    await first.state.revocations.append({ kind: 'sid', id: sidOf(first) }, Date.now() + 60_000, Date.now());
    await expect
      .poll(async () => (await first.send('/session', { headers: { cookie: session.cookie } })).json())
      .toEqual({ authenticated: false });
  });

  it.skipIf(skip)('hold neither cookies nor tokens in the clear', async () => {
    const [state] = open(1);
    if (!state) throw new Error('a state');
    const written: string[] = [];
    const records = { ...state.records };
    const spying = {
      ...state,
      records: {
        ...records,
        set: (...args: Parameters<typeof records.set>) => {
          written.push(JSON.stringify(args));
          return state.records.set(...args);
        },
        add: (...args: Parameters<typeof records.add>) => {
          written.push(JSON.stringify(args));
          return state.records.add(...args);
        },
      },
    };
    const gateway = await openGateway({ state: spying });
    const session = await signIn(gateway);
    const stored = written.join('\n');
    for (const kind of ['browser-sessions', 'browser-session-tokens']) expect(stored).toContain(`["${kind}"`);
    expect(stored).not.toContain(session.cookie.split('=')[1]);
    for (const secret of ['eyJ', 'ann@example.org', sidOf(gateway)]) expect(stored).not.toContain(secret);
  });
});

/** The sid of the last family that auth made. */
function sidOf(gateway: Awaited<ReturnType<typeof openGateway>>): string {
  return [...gateway.auth.families.keys()].at(-1) ?? '';
}

describe('GET /session', () => {
  it('tells names and roles as they are now, and as they were while auth is away', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now });
    const { cookie } = await signIn(gateway);
    const session = async () =>
      (await gateway.send('/session', { headers: { cookie } })).json<Record<string, unknown>>();
    Object.assign(gateway.auth, { name: 'Ann Bell', roles: ['member'] });
    expect(await session()).toMatchObject({ user: { name: 'Ann Bell' }, roles: ['editor'] });
    // A change of roles makes the tokens of before invalid.
    clock.advance(1_000);
    const notBefore = Math.floor(clock.now() / 1_000);
    await gateway.state.revocations.append({ kind: 'sub', id: 'u1', notBefore }, clock.now() + 60_000, clock.now());
    await expect.poll(session).toMatchObject({ roles: ['member'] });
    gateway.auth.down = true;
    expect(await session()).toMatchObject({ authenticated: true, user: { name: 'Ann' } });
  });
});

describe('a login', () => {
  it('gives another cookie every time, and ends the session that was there (fixation)', async () => {
    const gateway = await openGateway();
    const planted = 'A'.repeat(43);
    const first = await signIn(gateway, { headers: { cookie: `${COOKIE}=${planted}` } });
    expect(first.cookie).not.toContain(planted);
    const second = await signIn(gateway, { headers: { cookie: first.cookie } });
    expect(second.cookie).not.toBe(first.cookie);
    expect(second.csrf).not.toBe(first.csrf);
    expect(gateway.auth.families.size).toBe(1);
    expect((await gateway.send('/session', { headers: { cookie: first.cookie } })).json()).toEqual({
      authenticated: false,
    });
  });

  it.each([
    ['https://cms.example', 'cms.example', /^__Host-gaia=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/],
    ['https://cms.example', 'site-a.example', /^__Host-gaia=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/],
    ['http://localhost:8080', 'localhost:8080', /^gaia-8080=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/],
    ['http://localhost:8080', 'site-a.localhost:8080', /^gaia-8080=/],
    ['http://localhost:9090', '127.0.0.1:9090', /^gaia-9090=/],
    ['http://localhost', 'localhost', /^gaia-80=/],
  ])('with PUBLIC_URL %s sets the right cookie at %s, whatever proxies say', async (publicUrl, host, cookie) => {
    const gateway = await openGateway({ env: { TRUSTED_PROXIES: 'loopback', PUBLIC_URL: publicUrl } });
    for (const proto of ['http', 'https']) {
      const { setCookie } = await signIn(gateway, { headers: { host, 'x-forwarded-proto': proto } });
      expect([proto, setCookie]).toEqual([proto, expect.stringMatching(cookie)]);
    }
  });

  it.each([
    ['POST', '/session', '{"email":"ann@example.org","password":"right"}'],
    ['GET', '/sign-in', undefined],
    ['GET', '/sso?return=/', undefined],
  ])('%s %s is refused with an http PUBLIC_URL elsewhere than on localhost', async (method, path, body) => {
    const gateway = await openGateway({ env: { TRUSTED_PROXIES: 'loopback' } });
    for (const proto of ['http', 'https']) {
      const headers = { host: 'site-a.example', 'content-type': 'application/json', 'x-forwarded-proto': proto };
      const answer = await gateway.send(path, { method, headers, ...(body !== undefined && { body }) });
      expect(answer.json()).toMatchObject({ status: 403, code: 'https_required' });
    }
    expect(gateway.auth.count('/auth/login')).toBe(0);
  });

  it('asks auth once', async () => {
    const gateway = await openGateway();
    await signIn(gateway);
    const asked = gateway.auth.calls.map(({ path }) => path).filter((path) => !/^\/auth\/hosts\/|jwks/.test(path));
    expect(asked).toEqual(['/auth/login']);
  });

  it('outlives the browser if it shall', async () => {
    const gateway = await openGateway({ env: { SESSION_ABSOLUTE_SECONDS: '1000' } });
    expect((await signIn(gateway, { body: { remember: true } })).setCookie).toMatch(/; Expires=[^;]+; HttpOnly/);
  });

  it('tells auth the client’s address and site', async () => {
    const gateway = await openGateway();
    gateway.auth.hosts.set('site-a.localhost', 'site-a.localhost');
    const session = await signIn(gateway, {
      headers: { host: 'site-a.localhost', 'user-agent': 'Lynx', 'x-forwarded-for': '203.0.113.7' },
    });
    expect(gateway.auth.calls.find((call) => call.path === '/auth/login')?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-gaia-site': 'site-a.localhost',
      'x-forwarded-host': 'site-a.localhost',
      'user-agent': 'Lynx',
      'x-request-id': session.answer.headers['x-request-id'],
    });
    expect(session.answer.json()).toMatchObject({ site: 'site-a.localhost' });
  });

  it('that auth refuses is refused in auth’s words', async () => {
    const gateway = await openGateway();
    const answer = await gateway.send('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"ann@example.org","password":"wrong"}',
    });
    expect(answer.json()).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it.each([
    ['{', 400, 'malformed_json'],
    ['[]', 400, 'validation_failed'],
    ['{}', 400, 'validation_failed'],
    ['{"email":"a","password":1}', 400, 'validation_failed'],
    ['{"email":"a","password":"b","more":1}', 400, 'validation_failed'],
    ['{"email":"a","password":"b","site":"../x"}', 400, 'validation_failed'],
    [`{"email":"a","password":"${'x'.repeat(2_000)}"}`, 400, 'validation_failed'],
  ])('refuses %s', async (body, status, code) => {
    const gateway = await openGateway();
    const answer = await gateway.send('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.json()).toMatchObject({ status, code });
  });

  it('takes a form and redirects', async () => {
    const gateway = await openGateway();
    const form = (body: string) =>
      gateway.send('/session', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
    const answer = await form('email=ann%40example.org&password=right&remember=on');
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(String(answer.headers['set-cookie'])).toContain('Expires=');
    expect((await form('email=a&email=b&password=c')).json()).toMatchObject({ status: 400, code: 'bad_request' });
    expect((await form('')).json()).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await form(`email=${'x'.repeat(20_000)}`)).json()).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    });
  });
});

describe('a session', () => {
  it('is good at the host that it was begun at, and nowhere else', async () => {
    const gateway = await openGateway();
    const session = await signIn(gateway, { headers: { host: 'site-a.localhost' } });
    const at = async (host: string) =>
      (await gateway.send('/session', { headers: { host, cookie: session.cookie } })).json<{
        authenticated: boolean;
      }>();
    expect(await at('site-a.localhost:99')).toMatchObject({ authenticated: true });
    expect(await at('site-b.localhost')).toEqual({ authenticated: false });
    expect(await at('localhost')).toEqual({ authenticated: false });
  });

  it('on https is not taken from a plain cookie, which a sibling domain could have planted', async () => {
    const gateway = await openGateway({ env: { PUBLIC_URL: 'https://cms.example' } });
    const session = await signIn(gateway, { headers: { host: 'cms.example' } });
    const at = async (name: string) => {
      const headers = { host: 'cms.example', cookie: session.cookie.replace('__Host-gaia', name) };
      return (await gateway.send('/session', { headers })).json().authenticated;
    };
    for (const name of ['gaia', 'gaia-443', 'gaia-8080', '__Secure-gaia'])
      expect([name, await at(name)]).toEqual([name, false]);
    expect(await at('__Host-gaia')).toBe(true);
  });

  it('ends when it is not used', async () => {
    const clock = createClock();
    const gateway = await openGateway({ now: clock.now, env: { SESSION_IDLE_SECONDS: '1000' } });
    const session = await signIn(gateway);
    const used = async () =>
      (await gateway.send('/session', { headers: { cookie: session.cookie } })).json<{ authenticated: boolean }>()
        .authenticated;
    for (let index = 0; index < 4; index += 1) {
      clock.advance(800_000);
      expect(await used()).toBe(true);
    }
    clock.advance(1_001_000);
    expect(await used()).toBe(false);
  });

  it('ends at its time however much it is used', async () => {
    const clock = createClock();
    const gateway = await openGateway({
      now: clock.now,
      env: { SESSION_IDLE_SECONDS: '1000', SESSION_ABSOLUTE_SECONDS: '2000' },
    });
    const session = await signIn(gateway);
    const answers: boolean[] = [];
    for (let index = 0; index < 4; index += 1) {
      clock.advance(600_000);
      const answer = await gateway.send('/session', { headers: { cookie: session.cookie } });
      answers.push(answer.json<{ authenticated: boolean }>().authenticated);
    }
    expect(answers).toEqual([true, true, true, false]);
  });

  it.each(['', 'x', 'A'.repeat(43), '../../etc', '%00', 'a'.repeat(5_000)])(
    'is not made of the cookie %j',
    async (value) => {
      const gateway = await openGateway();
      const answer = await gateway.send('/session', { headers: { cookie: `${COOKIE}=${value}` } });
      expect(answer).toMatchObject({ status: 200 });
      expect(answer.json()).toEqual({ authenticated: false });
      expect((await gateway.send('/cms/x', { headers: { cookie: `${COOKIE}=${value}` } })).status).toBe(200);
    },
  );

  it('survives a change of the secret while the former one is known, and no longer', async () => {
    const first = await openGateway();
    const session = await signIn(first);
    const changed = { GATEWAY_SESSION_SECRET: 'another-secret-of-the-tests-with-32-chars' };
    const opened = async (env: Record<string, string>) => {
      const gateway = await openGateway({ state: first.state, auth: first.auth, env });
      return (await gateway.send('/session', { headers: { cookie: session.cookie } })).json();
    };
    const previous = { ...changed, GATEWAY_SESSION_SECRET_PREVIOUS: 'a-secret-of-the-tests-with-32-characters' };
    expect(await opened(previous)).toMatchObject({ authenticated: true });
    expect(await opened(changed)).toEqual({ authenticated: false });
  });
});
