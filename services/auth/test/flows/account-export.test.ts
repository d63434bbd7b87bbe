import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ADMIN, type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const PUBLIC_URL = 'https://gaia.example';

type Page = { items: readonly object[]; next_cursor: string | null } | 'away';

/** The services beside auth: pages of their lists by path and query. */
function fakeServices(pages: Readonly<Record<string, Page>> = {}) {
  const asked: { path: string; claims: Record<string, unknown> }[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname, search } = new URL(String(input));
    const token = String(new Headers(init?.headers).get('authorization')).replace('Bearer ', '');
    asked.push({ path: pathname + search, claims: claimsOf(token) });
    const page = pages[pathname + search] ?? { items: [], next_cursor: null };
    return page === 'away' ? new Response('', { status: 502 }) : Response.json(page);
  };
  return { fetch, asked };
}

const startWith = (pages?: Readonly<Record<string, Page>>, env: Readonly<Record<string, string>> = {}) => {
  const services = fakeServices(pages);
  return startAuth({ fetch: services.fetch, env: { PUBLIC_URL, ...env } }).then((auth) => ({ auth, ...services }));
};

async function signedIn(auth: AuthUnderTest) {
  const user = await auth.member({ site: A, roles: ['author'] });
  const { access_token } = await auth.login({ email: user.email, password: user.password });
  return { user, access_token };
}

describe('an export', () => {
  it('holds all of the account, and what the services hold of it, across their pages', async () => {
    const { auth, asked } = await startWith({
      '/cms/me/entries': { items: [{ id: 'e1', fields: { title: 'One' } }], next_cursor: 'p 2' },
      '/cms/me/entries?cursor=p+2': { items: [], next_cursor: 'p3' },
      '/cms/me/entries?cursor=p3': { items: [{ id: 'e2' }], next_cursor: null },
      '/cms/me/entitlements': { items: [{ site: A, product: 'course' }], next_cursor: null },
      '/assets/me/files': { items: [{ id: 'f1', url: '/assets/f1' }], next_cursor: null },
    });
    await using _ = auth;
    const { user, access_token } = await signedIn(auth);
    await auth.post('/auth/login', { email: user.email, password: 'not the password' });
    const answer = await auth.get('/auth/me/export', access_token);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="account.json"',
      'cache-control': 'no-store',
    });
    const document = answer.json();
    expect(document).toMatchObject({
      account: { id: user.id, email: user.email, username: user.username, administrator: false, pending_email: null },
      memberships: [{ site: A, roles: ['author'] }],
      sessions: [{ site: A, current: true }],
      devices: [{}],
      entries: [{ id: 'e1', fields: { title: 'One' } }, { id: 'e2' }],
      entitlements: [{ site: A, product: 'course' }],
      files: [{ id: 'f1', url: `${PUBLIC_URL}/assets/f1` }],
      complete: true,
    });
    expect(
      document.audit.map((entry: { action: string; outcome: string }) => `${entry.action} ${entry.outcome}`),
    ).toEqual(
      expect.arrayContaining(['user.create ok', 'session.open ok', 'session.open refused', 'account.export ok']),
    );
    expect(answer.body).not.toMatch(/argon2|password_hash|credential_version/);
    const { sid } = claimsOf(access_token);
    for (const { path, claims } of asked) {
      const aud = path.split('/')[1];
      expect(claims).toMatchObject({ sub: user.id, sid, aud, scope: 'account:export' });
    }
  });

  it('does not tell from where others have acted', async () => {
    const { auth } = await startWith();
    await using _ = auth;
    const { access_token } = await signedIn(auth);
    const { audit } = (await auth.get('/auth/me/export', access_token)).json();
    const made = audit.find((entry: { action: string }) => entry.action === 'user.create');
    expect(made).toHaveProperty('actor');
    for (const name of ['address', 'session', 'request_id']) expect(made).not.toHaveProperty(name);
    expect(audit.find((entry: { action: string }) => entry.action === 'session.open')).toHaveProperty('address');
  });

  it('shows invitations of an address only once it is proved', async () => {
    const { auth } = await startWith();
    await using _ = auth;
    const { user, access_token } = await signedIn(auth);
    const { access_token: admin } = await auth.login();
    await auth.post('/auth/sites', { id: 'b.localhost', name: 'B' }, admin);
    await auth.send('PATCH', '/auth/sites/b.localhost', admin, { registration: 'invitation' });
    for (const email of [user.email, ADMIN.email]) {
      const invited = await auth.post('/auth/sites/b.localhost/invitations', { email, roles: ['member'] }, admin);
      expect(invited.statusCode, invited.body).toBe(201);
    }
    const invitations = async (token: string) => (await auth.get('/auth/me/export', token)).json().invitations;
    expect(await invitations(access_token)).toEqual([]);
    expect(await invitations(admin)).toMatchObject([{ site: 'b.localhost', roles: ['member'] }]);
  });

  it.each([
    ['cms', '/cms/me/entries', 'cms_unavailable'],
    ['cms', '/cms/me/entitlements', 'cms_unavailable'],
    ['assets', '/assets/me/files', 'assets_unavailable'],
  ])('is refused while %s does not answer %s', async (_service, path, code) => {
    const { auth } = await startWith({ [path]: 'away' });
    await using _ = auth;
    const { access_token } = await signedIn(auth);
    const answer = await auth.get('/auth/me/export', access_token);
    expect(refusal(answer)).toEqual({ status: 503, code });
    expect(answer.headers['retry-after']).toBeDefined();
  });

  it('breaks off, and does not end as if it were whole, when a service fails on the way', async () => {
    const { auth } = await startWith({
      '/cms/me/entries': { items: [{ id: 'e1' }], next_cursor: 'p2' },
      '/cms/me/entries?cursor=p2': 'away',
    });
    await using _ = auth;
    const { access_token } = await signedIn(auth);
    await auth.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = auth.app.server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${access_token}` };
    const response = await fetch(`http://127.0.0.1:${port}/auth/me/export`, { headers });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('is made a few times an hour', async () => {
    const { auth } = await startWith();
    await using _ = auth;
    const { access_token } = await signedIn(auth);
    const statuses = [];
    for (let time = 0; time < 7; time += 1) {
      statuses.push((await auth.get('/auth/me/export', access_token)).statusCode);
    }
    expect(statuses).toEqual([...Array(6).fill(200), 429]);
    const other = await signedIn(auth);
    expect((await auth.get('/auth/me/export', other.access_token)).statusCode).toBe(200);
  });

  it('is for the user alone: not for who acts for them, nor for a service account', async () => {
    const { auth, asked } = await startWith({}, { SERVICE_CLIENTS: `reader=${'s'.repeat(32)}:feed:read` });
    await using _ = auth;
    const { user } = await signedIn(auth);
    const { access_token: admin } = await auth.login();
    const minted = await auth.post('/auth/tokens', { user: user.id, site: A, ttl_seconds: 60 }, admin);
    const service = await auth.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`reader:${'s'.repeat(32)}`).toString('base64')}`,
      },
      payload: 'grant_type=client_credentials',
    });
    for (const token of [minted.json().access_token, service.json().access_token]) {
      expect(refusal(await auth.get('/auth/me/export', token))).toEqual({ status: 403, code: 'forbidden' });
    }
    expect(asked).toEqual([]);
  });

  it('is made for who belongs to no site any more', async () => {
    const { auth, asked } = await startWith();
    await using _ = auth;
    const { user } = await signedIn(auth);
    const { access_token: admin } = await auth.login();
    await auth.send('DELETE', `/auth/sites/${A}/members/${user.id}`, admin);
    const { access_token } = await auth.login({ email: user.email, password: user.password });
    const answer = await auth.get('/auth/me/export', access_token);
    expect(answer.json()).toMatchObject({ account: { id: user.id }, memberships: [], complete: true });
    expect(asked).toHaveLength(3);
  });
});
