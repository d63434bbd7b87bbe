import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReadmeTest } from '../fault-injection/readme-test.ts';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';

let suite: RunningSuite;
beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
}, 60_000);
afterAll(() => suite.stop());

const site = 'site-a.localhost';
const login = async (body: object) => (await call('POST', `${suite.url}/auth/login`, { body })).json;
const asAdmin = (where = site) => login({ email: 'admin@localhost', password, site: where });
/** The four services behind the gateway, each with a path that asks for a token. */
const guarded = ['/auth/me', '/cms/whoami', '/assets/whoami', '/search/whoami'];

describe('through the gateway', () => {
  it('a user logs in, writes, publishes, finds, uploads, fetches by link, refreshes, logs out and is refused', async () => {
    const tokens = await asAdmin();
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    const token: string = tokens.access_token;

    const entries = `${suite.url}/cms/sites/${site}/entries`;
    const fields = { title: 'The heron', body: 'It stands in the water and waits.' };
    const draft = await call('POST', entries, { token, body: { type: 'article', visibility: 'public', fields } });
    expect([draft.status, draft.json.status]).toEqual([201, 'draft']);
    const entry = `${entries}/${draft.json.id}`;
    expect((await call('GET', entry)).status).toBe(404);
    const published = await call('POST', `${entry}/publish`, { token });
    expect([published.status, published.json.status]).toEqual([200, 'published']);
    expect((await call('GET', `${entry}?rich_text=text`)).json.fields).toEqual(fields);

    const search = `${suite.url}/search?site=${site}&q=heron&min_seq=${published.json.seq}`;
    const found = await call('GET', search);
    expect(found.json.items).toMatchObject([{ id: draft.json.id, title_highlight: 'The <mark>heron</mark>' }]);

    const form = new FormData();
    form.append('file', new Blob(['a heron, drawn']), 'heron.txt');
    const file = await call('POST', `${suite.url}/assets/sites/${site}/files`, { token, body: form });
    expect(file.status).toBe(201);
    const address = `${suite.url}/assets/${file.json.id}`;
    expect((await call('GET', address)).json).toMatchObject({ status: 401, code: 'token_missing' });
    expect((await call('GET', address, { token })).text).toBe('a heron, drawn');
    const link = await call('POST', `${address}/link`, { token });
    expect((await call('GET', link.json.url)).text).toBe('a heron, drawn');

    const refreshed = await call('POST', `${suite.url}/auth/refresh`, {
      body: { refresh_token: tokens.refresh_token },
    });
    expect(refreshed.status).toBe(200);
    expect((await call('POST', `${suite.url}/auth/logout`, { token: refreshed.json.access_token })).status).toBe(204);
    for (const path of guarded) {
      for (const refused of [token, refreshed.json.access_token]) {
        const answer = await call('GET', `${suite.url}${path}`, { token: refused });
        expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'token_revoked']);
      }
    }
    const again = await call('POST', `${suite.url}/auth/refresh`, {
      body: { refresh_token: refreshed.json.refresh_token },
    });
    expect([again.status, again.json.code]).toEqual([401, 'token_revoked']);
  });

  it('a browser signs in with a cookie, is the same to every service, and signs out', async () => {
    const body = { email: 'admin@localhost', password, site };
    const signedIn = await call('POST', `${suite.url}/session`, { body });
    expect(signedIn.status).toBe(200);
    const setCookie = signedIn.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(/HttpOnly/);
    const cookie = setCookie.split(';', 1)[0] ?? '';
    expect(signedIn.text).not.toMatch(/access_token|refresh_token/);
    for (const path of guarded) {
      expect((await call('GET', suite.url + path, { headers: { cookie } })).status).toBe(200);
    }
    const types = `${suite.url}/cms/sites/${site}/types`;
    const type = { name: 'note', fields: [{ name: 'title', type: 'text' }] };
    const origin = suite.url;
    expect((await call('POST', types, { headers: { cookie, origin }, body: type })).status).toBe(403);
    const { csrf_token } = (await call('GET', `${suite.url}/session`, { headers: { cookie } })).json;
    const headers = { cookie, origin, 'x-csrf-token': csrf_token };
    expect((await call('POST', types, { headers, body: type })).status).toBe(201);
    expect((await call('DELETE', `${suite.url}/session`, { headers: { cookie } })).status).toBe(204);
    expect((await call('GET', `${suite.url}/cms/whoami`, { headers: { cookie } })).status).toBe(401);
  });

  it('drafts are for editors, sites are apart, and roles decide', async () => {
    const { access_token: admin } = await asAdmin();
    const make = async (name: string, roles: string[]) => {
      const email = `${name}@example.com`;
      const user = await call('POST', `${suite.url}/auth/users`, {
        token: admin,
        body: { email, password: 'a-fine-long-password' },
      });
      expect(user.status).toBe(201);
      const members = `${suite.url}/auth/sites/${site}/members/${user.json.id}`;
      expect((await call('PUT', members, { token: admin, body: { roles } })).status).toBeLessThan(300);
      return (await login({ email, password: 'a-fine-long-password', site })).access_token as string;
    };
    const editor = await make('edith', ['editor']);
    const member = await make('mei', ['member']);
    const entries = `${suite.url}/cms/sites/${site}/entries`;
    const body = { type: 'article', fields: { title: 'Not yet' } };
    const { json: draft } = await call('POST', entries, { token: editor, body });
    const statuses = async (url: string) =>
      Promise.all(
        [admin, editor, member, undefined].map(
          async (token) => (await call('GET', url, { ...(token !== undefined && { token }) })).status,
        ),
      );
    expect(await statuses(`${entries}/${draft.id}`)).toEqual([200, 200, 404, 404]);
    expect((await call('POST', entries, { token: member, body })).json.code).toBe('insufficient_scope');
    const other = await call('GET', `${suite.url}/cms/sites/site-b.localhost/entries`, { token: editor });
    expect([other.status, other.json.code]).toEqual([403, 'forbidden']);
    const denied = await call('POST', `${suite.url}/auth/login`, {
      body: { email: 'mei@example.com', password: 'a-fine-long-password', site: 'site-b.localhost' },
    });
    expect([denied.status, denied.json.code]).toEqual([403, 'not_a_member']);
  });

  it('the aliases of the first API work', async () => {
    const body = { username: 'admin@localhost', password };
    const { json } = await call('POST', `${suite.url}/@/api/login`, { body });
    const me = await call('GET', `${suite.url}/@/api/me`, { token: json.access_token });
    expect(me.json.email).toBe('admin@localhost');
    const { status } = await call('POST', `${suite.url}/@/api/refresh`, {
      body: { refresh_token: json.refresh_token },
    });
    expect(status).toBe(200);
    expect((await call('POST', `${suite.url}/@/api/logout`, { token: json.access_token })).status).toBe(204);
  });

  it('documents every service', async () => {
    const { json } = await call('GET', `${suite.url}/docs/openapi.json`);
    for (const path of ['/auth/login', '/cms/sites/{site}/entries', '/assets/{id}/link', '/search']) {
      expect(Object.keys(json.paths)).toContain(path);
    }
    expect((await call('GET', `${suite.url}/docs`)).status).toBeLessThan(400);
  });

  it('says that all of it is ready, and keeps metrics to itself', async () => {
    const ready = await call('GET', `${suite.url}/ready`);
    expect(ready.json).toMatchObject({ status: 'ready' });
    expect((await call('GET', `${suite.url}/metrics`)).status).toBe(404);
    for (const offset of [1, 2, 3, 4, 5]) {
      const metrics = await call('GET', `http://127.0.0.1:${suite.port + offset}/metrics`);
      expect(metrics.text).toContain('# TYPE');
    }
  });

  it.each([
    ['broken JSON', 'POST', '/auth/login', '{"email":', 400],
    ['wrong types', 'POST', '/auth/login', '{"email":1,"password":2}', 400],
    ['an unknown member', 'POST', '/auth/login', '{"email":"a@b.c","password":"x","role":"owner"}', 400],
    ['__proto__', 'POST', '/auth/login', '{"__proto__":{"admin":true},"email":"a@b.c","password":"x"}', 400],
    ['a wrong password', 'POST', '/auth/login', '{"email":"admin@localhost","password":"wrong-password"}', 401],
    ['no token', 'GET', '/cms/whoami', undefined, 401],
    ['an unknown route', 'GET', '/nothing/here', undefined, 404],
    ['an unknown route of a service', 'GET', '/cms/nothing', undefined, 404],
    ['a large body', 'POST', '/auth/login', JSON.stringify({ email: 'a'.repeat(9_000_000) }), 413],
    ['deep JSON', 'POST', '/auth/login', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 400],
  ])('answers %s with a problem', async (_name, method, path, payload, status) => {
    const answer = await fetch(suite.url + path, {
      method,
      ...(payload !== undefined && { body: payload, headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ status, code: expect.stringMatching(/^[a-z_]+$/) });
  });
});

it('the tour of the README runs word for word', () => runReadmeTest(suite.url));
