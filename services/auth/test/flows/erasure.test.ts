import { randomUUID } from 'node:crypto';
import { openDatabase } from '@gaia/database/database';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { AuthTables } from '../../src/database.ts';
import { SCHEMA } from '../../src/migrations.ts';
import { readServiceClients } from '../../src/oauth/service-clients.ts';
import { ADMIN, type AuthUnderTest, backends, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const B = 'site-b.localhost';

/** The service cms, as far as erasing goes. */
function fakeCms() {
  const erased: { subject: string; claims: Record<string, unknown> }[] = [];
  let isAway = false;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (isAway) throw new TypeError('fetch failed');
    const subject = /\/cms\/subjects\/([^/]+)$/.exec(String(input))?.[1];
    if (subject === undefined || init?.method !== 'DELETE') return Response.json({}, { status: 404 });
    const token = String(new Headers(init.headers).get('authorization')).replace('Bearer ', '');
    erased.push({ subject, claims: claimsOf(token) });
    return new Response(null, { status: 204 });
  };
  return {
    fetch,
    erased,
    setAway: (away: boolean) => {
      isAway = away;
    },
  };
}

/** Everything that the service's tables hold, as text. */
async function stored(auth: AuthUnderTest): Promise<string> {
  await using database = openDatabase<AuthTables>({ url: auth.databaseUrl, schema: SCHEMA, applicationName: 'test' });
  const { rows } = await sql<{ table: string }>`
    select table_name as table from information_schema.tables where table_schema = ${SCHEMA}`.execute(database);
  const texts = await Promise.all(
    rows.map(async ({ table }) => {
      const all = await sql<{ row: string }>`select t::text as row from ${sql.table(table)} t`.execute(database);
      return all.rows.map(({ row }) => `${table}: ${row}`);
    }),
  );
  return texts.flat().join('\n');
}

describe.each(backends)('deleting a user, with state in %s', (backend) => {
  it('ends all that they are and have, here and in the other services', async () => {
    const cms = fakeCms();
    await using auth = await startAuth({ backend, fetch: cms.fetch });
    const user = await auth.member({ site: A, roles: ['editor'] });
    const other = await auth.member({ site: A });
    const { access_token: admin } = await auth.login();
    const tokens = await auth.login({ email: user.email, password: user.password });
    const minted = (await auth.post('/auth/tokens', { user: user.id, site: A, ttl_seconds: 600 }, admin)).json()
      .access_token;
    await auth.post('/auth/sites', { id: B, name: 'B' }, admin);
    await auth.send('PATCH', `/auth/sites/${B}`, admin, { registration: 'invitation' });
    const invited = await auth.post(`/auth/sites/${B}/invitations`, { email: user.email, roles: ['member'] }, admin);
    expect(invited.statusCode, invited.body).toBe(201);

    expect((await auth.send('DELETE', `/auth/users/${user.id}`, admin)).statusCode).toBe(204);
    await auth.revoked(tokens.access_token);
    await auth.revoked(minted);
    expect((await auth.post('/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode).toBe(401);
    const login = await auth.post('/auth/login', { email: user.email, password: user.password });
    expect(refusal(login)).toEqual({ status: 401, code: 'invalid_credentials' });
    expect(await auth.state.families.listBySubject(user.id, auth.clock.now())).toEqual([]);
    expect(await stored(auth)).not.toContain(user.email);
    expect((await auth.get(`/auth/sites/${B}/invitations`, admin)).json().items).toEqual([]);
    expect((await auth.get(`/auth/users/${other.id}`, admin)).statusCode).toBe(200);

    await expect.poll(() => cms.erased.map(({ subject }) => subject), { timeout: 10_000 }).toEqual([user.id]);
    expect(cms.erased[0]?.claims).toMatchObject({ sub: 'auth', aud: 'cms', scope: 'subjects:erase' });
    expect(cms.erased[0]?.claims).not.toHaveProperty('site');
    await expect.poll(() => stored(auth), { timeout: 10_000 }).not.toContain('erasure_outbox: ');
    const { items } = (await auth.get(`/auth/audit?target=${user.id}&action=user.delete`, admin)).json();
    expect(items).toMatchObject([{ actor: claimsOf(admin).sub, outcome: 'ok' }]);
    expect(refusal(await auth.send('DELETE', `/auth/users/${user.id}`, admin))).toEqual({
      status: 404,
      code: 'user_not_found',
    });
  });
});

it('is told to a service that is away as soon as it is back, also after a restart', async () => {
  const cms = fakeCms();
  cms.setAway(true);
  const first = await startAuth({ fetch: cms.fetch });
  const user = await first.member({ site: A });
  const { access_token } = await first.login({ email: user.email, password: user.password });
  const gone = await first.post('/auth/me/deletion', { password: user.password }, access_token);
  expect(gone.statusCode, gone.body).toBe(204);
  await expect.poll(() => stored(first), { timeout: 10_000 }).toContain('cms_unavailable');
  await first.app.close();

  cms.setAway(false);
  first.clock.advance(60_000);
  await using again = await startAuth({
    fetch: cms.fetch,
    databaseUrl: first.databaseUrl,
    clock: first.clock,
    env: first.env,
  });
  await again.app.ready();
  await expect.poll(() => cms.erased.map(({ subject }) => subject), { timeout: 10_000 }).toEqual([user.id]);
  await expect.poll(() => stored(again), { timeout: 10_000 }).not.toContain('erasure_outbox: ');
});

describe('who is not deleted', () => {
  it('are the last administrator and the last owner of a site', async () => {
    await using auth = await startAuth();
    const owner = await auth.member({ site: A, roles: ['owner'] });
    const { access_token: admin } = await auth.login();
    const remove = (id: unknown) => auth.send('DELETE', `/auth/users/${id}`, admin);
    expect(refusal(await remove(claimsOf(admin).sub))).toEqual({ status: 409, code: 'last_administrator' });
    expect(refusal(await remove(owner.id))).toEqual({ status: 409, code: 'last_owner' });
    await auth.login({ email: owner.email, password: owner.password });
    await auth.member({ site: A, roles: ['owner'] });
    expect((await remove(owner.id)).statusCode).toBe(204);
    await auth.login(ADMIN);
  });

  it('rejects managers of a site, who can only remove members', async () => {
    await using auth = await startAuth();
    const chief = await auth.member({ site: A, roles: ['owner'] });
    const writer = await auth.member({ site: A, roles: ['author'] });
    const { access_token } = await auth.login({ email: chief.email, password: chief.password });
    for (const id of [writer.id, chief.id, randomUUID()]) {
      const answer = await auth.send('DELETE', `/auth/users/${id}`, access_token);
      expect(refusal(answer)).toEqual({ status: 403, code: 'insufficient_scope' });
    }
    expect((await auth.send('DELETE', `/auth/sites/${A}/members/${writer.id}`, access_token)).statusCode).toBe(204);
  });

  it('fails while sessions cannot be ended', async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: A });
    const { access_token: admin } = await auth.login();
    const { append } = auth.state.revocations;
    auth.state.revocations.append = () => Promise.reject(new Error('the feed is away'));
    expect((await auth.send('DELETE', `/auth/users/${user.id}`, admin)).statusCode).toBe(500);
    auth.state.revocations.append = append;
    await auth.login({ email: user.email, password: user.password });
    expect((await auth.send('DELETE', `/auth/users/${user.id}`, admin)).statusCode).toBe(204);
  });
});

it('the permissions of its own requests are had by no service account', async () => {
  await using auth = await startAuth();
  const { access_token } = await auth.login();
  for (const scope of ['subjects:erase', 'account:export']) {
    const made = await auth.post('/auth/clients', { id: 'reader', scopes: [scope] }, access_token);
    expect(refusal(made)).toEqual({ status: 400, code: 'validation_failed' });
    expect(() => readServiceClients(`reader=${'s'.repeat(32)}:${scope}`)).toThrow(`unknown scope ${scope}`);
  }
});
