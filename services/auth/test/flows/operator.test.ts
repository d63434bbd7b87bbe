import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { socketPath } from '@gaia/socket-path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type AuthUnderTest,
  backends,
  refusal,
  startAuth,
  type TestMember,
} from '../support/auth-under-test.ts';
import { mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';
const NEW = 'four quiet purple lanterns';
const base = mkdtempSync(join(tmpdir(), 'gaia-operator-'));
afterAll(() => rmSync(base, { recursive: true }));

let sockets = 0;
function socketFile(...directories: readonly string[]): string {
  sockets += 1;
  return join(base, String(sockets), ...directories, 'auth.sock');
}

interface SocketAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look at is asserted there
  readonly json: any;
}

/** One request over a Unix socket. */
function ask(file: string, path: string, body: object): Promise<SocketAnswer> {
  const short = socketPath(dirname(file), 'auth.sock');
  return new Promise<SocketAnswer>((resolve, reject) => {
    const asked = request(
      {
        socketPath: join(short.directory, 'auth.sock'),
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text || 'null') }));
      },
    );
    asked.once('error', reject);
    asked.end(JSON.stringify(body));
  }).finally(() => short.remove());
}

describe.each(backends)('an operator with state in %s', (backend) => {
  it('sets a password where nobody can sign in, which ends all sessions at once', async () => {
    const file = socketFile();
    await using auth = await startAuth({ backend, env: { AUTH_CONTROL_SOCKET: file } });
    const stolen = await auth.login();
    const answer = await ask(file, '/operator/users/password', { email: 'ROOT@gaia.test', password: NEW });
    expect(answer).toMatchObject({ status: 200, json: { email: ADMIN.email, administrator: true } });

    await auth.revoked(stolen.access_token);
    expect((await auth.post('/auth/refresh', { refresh_token: stolen.refresh_token })).statusCode).toBe(401);
    expect((await auth.post('/auth/login', ADMIN)).statusCode).toBe(401);
    const { access_token } = await auth.login({ email: ADMIN.email, password: NEW });
    await mailTo(auth, ADMIN.email, /password .* has changed/);
    const { items } = (await auth.get('/auth/audit?action=password.set', access_token)).json();
    expect(items).toMatchObject([{ actor: 'operator', target: answer.json.id, session: null, address: null }]);
    expect(auth.logged()).not.toContain(NEW);
  });
});

describe('an operator', () => {
  const file = socketFile();
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth({ env: { AUTH_CONTROL_SOCKET: file } });
  });
  afterAll(() => auth[Symbol.asyncDispose]());

  const set = (what: 'administrator' | 'disabled', user: TestMember, value: boolean, more: object = {}) =>
    ask(file, `/operator/users/${what}`, { email: user.email, [what]: value, ...more });
  const login = (user: TestMember, password = user.password) => auth.login({ email: user.email, password });

  it('promotes a user who has no verified address only after setting a password, which vouches for it', async () => {
    const user = await auth.member({ site: A });
    const refused = await set('administrator', user, true);
    expect(refused).toMatchObject({ status: 409, json: { code: 'email_unverified' } });
    await ask(file, '/operator/users/password', { email: user.email, password: NEW });
    const { access_token } = await login(user, NEW);
    expect((await auth.get('/auth/me', access_token)).json().email_verified).toBe(true);
    expect(await set('administrator', user, true)).toMatchObject({ status: 200, json: { administrator: true } });
    await auth.revoked(access_token);
    await mailTo(auth, user.email, /New administrator/);
    expect(await set('administrator', user, false)).toMatchObject({ status: 200, json: { administrator: false } });
  });

  it('disables and enables a user', async () => {
    const user = await auth.member({ site: A });
    const { access_token } = await login(user);
    expect(await set('disabled', user, true)).toMatchObject({ status: 200, json: { disabled: true } });
    await auth.revoked(access_token);
    expect(await set('disabled', user, false)).toMatchObject({ status: 200, json: { disabled: false } });
    await login(user);
  });

  it('disables the only owner of a site only by force', async () => {
    const user = await auth.member({ site: 'owned.localhost', roles: ['owner'] });
    expect(await set('disabled', user, true)).toMatchObject({ status: 409, json: { code: 'last_owner' } });
    expect(await set('disabled', user, true, { force: true })).toMatchObject({ status: 200 });
  });

  it('deletes a user with all sessions, the only owner of a site only by force', async () => {
    const user = await auth.member({ site: 'left.localhost', roles: ['owner'] });
    const { access_token } = await login(user);
    const remove = (more: object = {}) => ask(file, '/operator/users/deletion', { email: user.email, ...more });
    expect(await remove()).toMatchObject({ status: 409, json: { code: 'last_owner', sites: ['left.localhost'] } });
    expect((await auth.get('/auth/me', access_token)).statusCode).toBe(200);
    expect((await remove({ force: true })).status).toBe(204);
    await auth.revoked(access_token);
    expect(await remove()).toMatchObject({ status: 404, json: { code: 'user_not_found' } });
  });

  it('invites to a site with any role, as that site allows', async () => {
    const site = 'invited.localhost';
    const { access_token } = await auth.login();
    await auth.post('/auth/sites', { id: site, name: site }, access_token);
    const invite = (more: object) =>
      ask(file, '/operator/users/invitation', { email: 'new@gaia.test', roles: ['owner'], ...more });
    expect(await invite({ site })).toMatchObject({ status: 403, json: { code: 'registration_closed' } });
    await auth.send('PATCH', `/auth/sites/${site}`, access_token, { registration: 'invitation' });
    expect(await invite({ site })).toMatchObject({ status: 201, json: { email: 'new@gaia.test', site } });
    expect((await mailTo(auth, 'new@gaia.test', /invited/)).token).not.toBe('');
    expect(await invite({ site: 'none.localhost' })).toMatchObject({ status: 404, json: { code: 'site_not_found' } });
    expect(await invite({ site, roles: ['king'] })).toMatchObject({ status: 400, json: { code: 'validation_failed' } });
    const { items } = (await auth.get('/auth/audit?action=invitation.create', access_token)).json();
    expect(items).toMatchObject([{ actor: 'operator', site }]);

    await auth.post('/auth/sites', { id: 'another.localhost', name: 'Another' }, access_token);
    const unsaid = await invite({});
    expect(unsaid).toMatchObject({ status: 400, json: { code: 'validation_failed' } });
    expect(unsaid.json.detail).toContain(site);
  });

  it.each<[string, string, object, number, string]>([
    ['a weak password', 'password', { email: ADMIN.email, password: 'password123' }, 400, 'password_too_weak'],
    ['a short password', 'password', { email: ADMIN.email, password: 'short' }, 400, 'validation_failed'],
    ['no password', 'password', { email: ADMIN.email }, 400, 'validation_failed'],
    ['text that is no address', 'password', { email: 'nobody', password: NEW }, 400, 'validation_failed'],
    ['an unknown address', 'password', { email: 'nobody@gaia.test', password: NEW }, 404, 'user_not_found'],
    [
      'the last administrator',
      'administrator',
      { email: ADMIN.email, administrator: false },
      409,
      'last_administrator',
    ],
    ['the last administrator', 'disabled', { email: ADMIN.email, disabled: true }, 409, 'last_administrator'],
    [
      'the last administrator by force',
      'disabled',
      { email: ADMIN.email, disabled: true, force: true },
      409,
      'last_administrator',
    ],
    ['the last administrator', 'deletion', { email: ADMIN.email, force: true }, 409, 'last_administrator'],
    ['an unknown member', 'disabled', { email: ADMIN.email, disabled: false, roles: [] }, 400, 'validation_failed'],
  ])('is refused with %s at %s', async (_what, route, body, status, code) => {
    expect(await ask(file, `/operator/users/${route}`, body)).toMatchObject({ status, json: { code } });
    await auth.login();
  });

  it('who knows no administrator’s address is told', async () => {
    const { json } = await ask(file, '/operator/users/password', { email: 'nobody@gaia.test', password: NEW });
    expect(json.detail).toContain(ADMIN.email);
  });

  it('is not served on the service’s port, with and without a token', async () => {
    const { access_token } = await auth.login();
    for (const path of ['password', 'administrator', 'disabled', 'deletion', 'invitation']) {
      const body = { email: ADMIN.email, password: NEW, administrator: true, disabled: false };
      expect((await ask(file, `/operator/users/${path}`, body)).status).not.toBe(404);
      for (const prefix of ['', '/auth']) {
        for (const token of [undefined, access_token]) {
          const answer = await auth.post(`${prefix}/operator/users/${path}`, body, token);
          expect(refusal(answer)).toEqual({ status: 404, code: 'route_not_found' });
        }
      }
    }
  });
});

describe('the control socket', () => {
  const start = (file: string) => startAuth({ env: { AUTH_CONTROL_SOCKET: file } });
  const works = async (file: string) =>
    expect((await ask(file, '/operator/users/disabled', { email: ADMIN.email, disabled: false })).status).toBe(200);

  it('and its directory are for one user alone, and it goes with the service', async () => {
    const file = socketFile('run');
    {
      await using _auth = await start(file);
      await works(file);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    }
    expect(existsSync(file)).toBe(false);
  });

  it('works in a directory whose path is too long for a socket', async () => {
    const file = socketFile('long'.repeat(30));
    await using _auth = await start(file);
    await works(file);
  });

  it('replaces one that a killed process has left', async () => {
    const file = socketFile();
    mkdirSync(dirname(file), { mode: 0o700 });
    const killed = createServer().listen(`${file}.before`);
    await once(killed, 'listening');
    // Closing it removes the file of its name only, so this one stays, as after a kill.
    renameSync(`${file}.before`, file);
    killed.close();
    await once(killed, 'close');
    expect(existsSync(file)).toBe(true);
    await using _auth = await start(file);
    await works(file);
  });

  it('is not taken from a service that listens on it', async () => {
    const file = socketFile();
    await using _auth = await start(file);
    await expect(start(file)).rejects.toThrow('another process listens');
    await works(file);
  });

  it.each<[string, (directory: string) => void]>([
    ['that others can enter', (directory) => mkdirSync(directory, { mode: 0o755 })],
    [
      'that is a link',
      (directory) => {
        mkdirSync(`${directory}-real`, { mode: 0o700 });
        symlinkSync(`${directory}-real`, directory);
      },
    ],
  ])('is not made in a directory %s', async (_what, make) => {
    const file = socketFile();
    make(dirname(file));
    await expect(start(file)).rejects.toThrow('directory of this user alone');
    expect(existsSync(file)).toBe(false);
  });
});
