import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ADMIN, backends, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';

describe.each(backends)('a change of rights with state in %s', (backend) => {
  it('of a role ends the old tokens at once and is in the next ones, in the same second', async () => {
    await using auth = await startAuth({ backend });
    const user = await auth.member({ site: A, roles: ['member'] });
    const admin = await auth.login();
    const before = await auth.login({ email: user.email, password: user.password });
    const change = await auth.send('PUT', `/auth/sites/${A}/members/${user.id}`, admin.access_token, {
      roles: ['editor', 'author'],
    });
    expect(change.statusCode).toBe(200);
    expect(change.json()).toMatchObject({ user: { id: user.id }, roles: ['author', 'editor'] });

    await auth.revoked(before.access_token);
    const after = (await auth.post('/auth/refresh', { refresh_token: before.refresh_token })).json();
    const me = await auth.get('/auth/me', after.access_token);
    expect(me.statusCode, me.body).toBe(200);
    expect(me.json().roles).toEqual(['author', 'editor']);
    expect((await auth.get('/auth/me', admin.access_token)).statusCode).toBe(200);
  });

  it('of membership: who is taken off gets no more tokens for the site', async () => {
    await using auth = await startAuth({ backend });
    const user = await auth.member({ site: A });
    const admin = await auth.login();
    const before = await auth.login({ email: user.email, password: user.password });
    const url = `/auth/sites/${A}/members/${user.id}`;
    expect((await auth.send('DELETE', url, admin.access_token)).statusCode).toBe(204);
    expect(refusal(await auth.send('DELETE', url, admin.access_token))).toEqual({
      status: 404,
      code: 'member_not_found',
    });
    await auth.revoked(before.access_token);
    const refresh = await auth.post('/auth/refresh', { refresh_token: before.refresh_token });
    expect(refresh.json()).toMatchObject({ code: 'token_revoked', cause: 'not_a_member' });
    const login = await auth.post('/auth/login', { email: user.email, password: user.password, site: A });
    expect(refusal(login)).toEqual({ status: 403, code: 'not_a_member' });
  });

  it('of being enabled: a disabled user is out everywhere and cannot come back', async () => {
    await using auth = await startAuth({ backend });
    const user = await auth.member({ site: A });
    const admin = await auth.login();
    const logins = await Promise.all([1, 2].map(() => auth.login({ email: user.email, password: user.password })));
    const url = `/auth/users/${user.id}`;
    const disabled = await auth.send('PATCH', url, admin.access_token, { disabled: true });
    expect(disabled.json()).toMatchObject({ id: user.id, disabled: true });
    for (const { access_token, refresh_token } of logins) {
      await auth.revoked(access_token);
      const refresh = await auth.post('/auth/refresh', { refresh_token });
      expect(refresh.json()).toMatchObject({ code: 'token_revoked', cause: 'user_disabled' });
    }
    const wrong = await auth.post('/auth/login', { email: user.email, password: 'a wrong password' });
    const right = await auth.post('/auth/login', { email: user.email, password: user.password });
    expect(refusal(right)).toEqual({ status: 401, code: 'invalid_credentials' });
    expect({ ...right.json(), request_id: '' }).toEqual({ ...wrong.json(), request_id: '' });

    await auth.send('PATCH', url, admin.access_token, { disabled: false });
    const again = await auth.login({ email: user.email, password: user.password });
    expect((await auth.get('/auth/me', again.access_token)).statusCode).toBe(200);
  });
});

describe('sites', () => {
  it('are made by administrators and found by every host of theirs', async () => {
    await using auth = await startAuth();
    const { access_token } = await auth.login();
    expect(claimsOf(access_token)).not.toHaveProperty('site');
    const made = await auth.post('/auth/sites', { id: A, name: 'Site A', hosts: ['www.a.example'] }, access_token);
    expect(made.statusCode).toBe(201);
    expect(made.json()).toEqual({
      id: A,
      name: 'Site A',
      hosts: [A, 'www.a.example'],
      registration: 'closed',
      origin: `http://${A}:8080`,
      origins: [],
      created_at: new Date(auth.clock.now()).toISOString(),
    });
    for (const [host, name] of [
      [A, A],
      ['WWW.a.example', 'www.a.example'],
      ['www.a.example:8080', 'www.a.example'],
      ['www.a.example.', 'www.a.example'],
    ]) {
      expect((await auth.get(`/auth/hosts/${host}`)).json()).toEqual({
        site: A,
        name: 'Site A',
        registration: 'closed',
        origin: `http://${name}:8080`,
        origins: [],
      });
    }
    const again = await auth.post('/auth/sites', { id: A, name: 'x' }, access_token);
    expect(refusal(again)).toEqual({ status: 409, code: 'site_exists' });
    const taken = await auth.post('/auth/sites', { id: B, name: 'B', hosts: ['www.a.example'] }, access_token);
    expect(refusal(taken)).toEqual({ status: 409, code: 'host_taken' });
    expect((await auth.get(`/auth/sites/${B}`, access_token)).statusCode).toBe(404);
  });

  it('are chosen at login: by name, by the host that was asked, or the first', async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: A, roles: ['author'] });
    const { access_token: admin } = await auth.login();
    auth.clock.advance(1_000);
    await auth.post('/auth/sites', { id: B, name: 'B' }, admin);
    const added = await auth.send('PUT', `/auth/sites/${B}/members/${user.id}`, admin, { roles: ['owner'] });
    expect(added.statusCode).toBe(201);
    const body = { email: user.email, password: user.password };
    const siteOf = async (payload: object, headers: Record<string, string> = {}) =>
      claimsOf((await auth.app.inject({ method: 'POST', url: '/auth/login', payload, headers })).json().access_token);

    expect(await siteOf(body)).toMatchObject({ site: A, roles: ['author'] });
    expect(await siteOf({ ...body, site: B })).toMatchObject({ site: B, roles: ['owner'] });
    expect(await siteOf(body, { 'x-gaia-site': B })).toMatchObject({ site: B, roles: ['owner'] });
    expect(await siteOf({ ...body, site: A }, { 'x-gaia-site': B })).toMatchObject({ site: A });
    expect(await siteOf(ADMIN)).toMatchObject({ site: A, roles: ['owner', 'administrator'] });
    expect(await siteOf({ ...ADMIN, site: B })).toMatchObject({ site: B, roles: ['owner', 'administrator'] });
    for (const site of ['nothing.localhost']) {
      for (const who of [body, ADMIN]) {
        expect(refusal(await auth.post('/auth/login', { ...who, site }))).toEqual({
          status: 403,
          code: 'not_a_member',
        });
      }
    }
  });
});

describe('managers of a site', () => {
  it('stay within their site and their rank', async () => {
    await using auth = await startAuth();
    const boss = await auth.member({ site: A, roles: ['owner'] });
    const chief = await auth.member({ site: A, roles: ['admin'] });
    const writer = await auth.member({ site: A, roles: ['author'] });
    const stranger = await auth.member({ site: B, roles: ['author'] });
    const { access_token: admin } = await auth.login({ email: chief.email, password: chief.password });
    const { access_token: author } = await auth.login({ email: writer.email, password: writer.password });
    const put = (token: string, site: string, user: string, roles: readonly string[]) =>
      auth.send('PUT', `/auth/sites/${site}/members/${user}`, token, { roles });

    expect((await put(admin, A, writer.id, ['editor'])).statusCode).toBe(200);
    // Managers neither add people by their ids nor learn who they are.
    const [foreign, unknown] = [
      await put(admin, A, stranger.id, ['member']),
      await put(admin, A, randomUUID(), ['member']),
    ];
    expect(refusal(foreign)).toEqual({ status: 404, code: 'member_not_found' });
    expect({ ...foreign.json(), request_id: '' }).toEqual({ ...unknown.json(), request_id: '' });
    const denied = [
      await put(admin, A, writer.id, ['owner']),
      await put(admin, A, chief.id, ['owner']),
      await put(admin, A, boss.id, ['member']),
      await auth.send('DELETE', `/auth/sites/${A}/members/${boss.id}`, admin),
      await put(admin, B, stranger.id, ['admin']),
      await auth.get(`/auth/sites/${B}/members`, admin),
    ];
    expect(denied.map(refusal)).toEqual(denied.map(() => ({ status: 403, code: 'forbidden' })));
    const { access_token: editor } = await auth.login({ email: writer.email, password: writer.password });
    const scopeless = [
      await auth.post('/auth/users', { email: 'x@gaia.test', password: 'long enough' }, admin),
      await put(editor, A, writer.id, ['owner']),
      await auth.get(`/auth/sites/${A}/members`, editor),
      await auth.get('/auth/users', editor),
      await auth.post('/auth/users', { email: 'x@gaia.test', password: 'long enough' }, editor),
      await auth.post('/auth/sites', { id: 'c.localhost', name: 'C' }, admin),
      await auth.send('PATCH', `/auth/users/${writer.id}`, admin, { disabled: true }),
    ];
    expect(scopeless.map(refusal)).toEqual(scopeless.map(() => ({ status: 403, code: 'insufficient_scope' })));
    expect(String(scopeless[1]?.headers['www-authenticate'])).toMatch(
      /error="insufficient_scope",.* scope="users:manage"$/,
    );
    await auth.revoked(author);

    const seen = (await auth.get('/auth/users', admin)).json().items.map((user: { id: string }) => user.id);
    expect(seen.sort()).toEqual([boss.id, chief.id, writer.id].sort());
    expect((await auth.get(`/auth/sites/${B}`, admin)).json().code).toBe('site_not_found');
    expect((await auth.get('/auth/sites', admin)).json().items.map((site: { id: string }) => site.id)).toEqual([A]);
  });

  it('get told what is not there, and roles that there are not are refused', async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: A });
    const { access_token } = await auth.login();
    const put = (site: string, id: string, body: object) =>
      auth.send('PUT', `/auth/sites/${site}/members/${id}`, access_token, body);
    expect(refusal(await put(A, randomUUID(), { roles: ['member'] })).code).toBe('user_not_found');
    expect(refusal(await put('none.localhost', user.id, { roles: ['member'] })).code).toBe('site_not_found');
    for (const body of [{ roles: [] }, { roles: ['administrator'] }, { roles: ['root'] }, { roles: 'owner' }, {}]) {
      expect(refusal(await put(A, user.id, body)).code).toBe('validation_failed');
    }
    expect((await auth.get(`/auth/sites/${A}/members/${user.id}`, access_token)).json().roles).toEqual(['member']);
  });

  it('cannot make an installation without administrator', async () => {
    await using auth = await startAuth();
    const { access_token } = await auth.login();
    const { sub } = claimsOf(access_token);
    const answer = await auth.send('PATCH', `/auth/users/${sub}`, access_token, { disabled: true });
    expect(refusal(answer)).toEqual({ status: 409, code: 'last_administrator' });
    expect((await auth.get('/auth/me', access_token)).statusCode).toBe(200);
  });
});

describe('lists', () => {
  it('come in pages without gap or repetition, and are searched by any name', async () => {
    await using auth = await startAuth();
    const names = ['ada', 'bea', 'cleo', 'dora', '100%_real'];
    for (const name of names.slice(0, 4)) {
      await auth.member({ site: A, name });
      auth.clock.advance(1);
    }
    const { access_token } = await auth.login();
    await auth.post('/auth/users', { email: 'e@gaia.test', name: names[4], password: 'long enough' }, access_token);
    const collected: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null && page < 9; page += 1) {
      const answer = await auth.get(`/auth/users?limit=2${cursor && `&cursor=${cursor}`}`, access_token);
      const { items, next_cursor } = answer.json();
      collected.push(...items.map((user: { name: string }) => user.name));
      cursor = next_cursor;
    }
    expect(collected).toEqual(['Administrator', ...names]);

    const found = async (path: string, q: string) => {
      const { items } = (await auth.get(`${path}?q=${encodeURIComponent(q)}`, access_token)).json();
      return items.map((item: { name?: string; user?: { name: string } }) => item.name ?? item.user?.name);
    };
    expect(await found('/auth/users', 'BEA')).toEqual(['bea']);
    expect(await found('/auth/users', 'cleo@gaia')).toEqual(['cleo']);
    expect(await found('/auth/users', '%_')).toEqual(['100%_real']);
    expect(await found(`/auth/sites/${A}/members`, 'dor')).toEqual(['dora']);
    expect(await found('/auth/sites', 'SITE-A')).toEqual([A]);
    expect(await found('/auth/sites', 'nothing')).toEqual([]);
  });

  it.each(['members', 'invitations', 'roles'])('rejects the %s of an unknown site', async (what) => {
    await using auth = await startAuth();
    const { access_token } = await auth.login();
    await auth.post('/auth/sites', { id: A, name: A }, access_token);
    expect((await auth.get(`/auth/sites/${A}/${what}`, access_token)).statusCode).toBe(200);
    const refused = await auth.get(`/auth/sites/${B}/${what}`, access_token);
    expect(refusal(refused)).toEqual({ status: 404, code: 'site_not_found' });
  });

  it('and answers never hold anything of a password', async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: A });
    const { access_token } = await auth.login();
    for (const url of ['/auth/users', `/auth/users/${user.id}`, `/auth/sites/${A}/members`, '/auth/me']) {
      const { body, statusCode } = await auth.get(url, access_token);
      expect(statusCode).toBe(200);
      expect(body).not.toMatch(/argon2|hash|credential/);
    }
  });
});

describe('names', () => {
  it('are taken once, however they are spelled', async () => {
    await using auth = await startAuth();
    const { access_token } = await auth.login();
    const make = (body: object) => auth.post('/auth/users', { password: 'long enough', ...body }, access_token);
    expect((await make({ email: 'Ada@Gaia.test', username: 'Ada' })).statusCode).toBe(201);
    expect(refusal(await make({ email: 'ADA@gaia.TEST' })).code).toBe('email_taken');
    expect(refusal(await make({ email: 'b@gaia.test', username: 'ａｄａ' })).code).toBe('username_taken');
    const admin = claimsOf(access_token).sub;
    expect((await auth.send('PATCH', `/auth/users/${admin}`, access_token, { username: 'Chief' })).statusCode).toBe(
      200,
    );
    for (const name of [{ email: 'ROOT@gaia.test' }, { username: 'chief' }, { username: 'root@Gaia.test' }]) {
      await auth.login({ ...name, password: ADMIN.password });
    }
  });
});
