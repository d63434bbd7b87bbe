import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gaia } from '@gaia/cli/gaia';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type Suite, startSuite } from '../src/suite.ts';
import { call, freePorts, password } from './running-suite.ts';

const NEW = 'four quiet purple lanterns';
const email = 'admin@localhost';

let dataDir: string;
let env: Record<string, string>;
let url: string;
let suite: Suite;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gaia-suite-'));
  const port = await freePorts(6);
  url = `http://localhost:${port}`;
  env = {
    PATH: process.env.PATH ?? '',
    PORT: String(port),
    GAIA_DATA_DIR: dataDir,
    GAIA_DEMO: 'off',
    GAIA_ADMIN_PASSWORD: password,
    LOG_LEVEL: 'error',
    ARGON2_MEMORY_KIB: '64',
  };
  suite = await start();
}, 120_000);
afterAll(async () => {
  await suite?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const start = () => startSuite({ config: loadConfig(env, dataDir), env, mode: 'together', say: () => {} });

const login = (secret: string) => call('POST', `${url}/auth/login`, { body: { email, password: secret } });

/** The command line as it would run beside this suite. */
async function run(args: readonly string[], { input = '', folder = dataDir } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await gaia(args, {
    fetch,
    now: Date.now,
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: { ...env, GAIA_DATA_DIR: folder },
    spawn: (program, args, options) => spawn(program, args, options),
    signals: new EventEmitter(),
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('gaia users on the host', () => {
  it('sets the administrator’s password in the running suite, whose sessions end at every service', async () => {
    const before = (await login(password)).json;
    expect((await call('GET', `${url}/cms/whoami`, { token: before.access_token })).status).toBe(200);
    expect(await run(['users', 'set-password', email, '--password-stdin'], { input: `${NEW}\n` })).toMatchObject({
      code: 0,
      err: '',
    });
    await expect
      .poll(async () => (await call('GET', `${url}/cms/whoami`, { token: before.access_token })).json.code, {
        timeout: 10_000,
      })
      .toBe('token_revoked');
    expect((await login(password)).status).toBe(401);
    expect((await login(NEW)).status).toBe(200);
  });

  it('has no door on the network', async () => {
    const { access_token: token } = (await login(NEW)).json;
    for (const origin of [url, `http://127.0.0.1:${Number(env.PORT) + 1}`]) {
      for (const path of ['/operator/users/password', '/auth/operator/users/password']) {
        const answer = await call('POST', `${origin}${path}`, { token, body: { email, password } });
        expect([answer.status, answer.json.code], path).toEqual([404, 'route_not_found']);
      }
    }
  });

  it('sets it while the suite is stopped, leaves nothing running, and no session goes on with the next start', async () => {
    const before = (await login(NEW)).json;
    await suite.close();
    const done = await run(['users', 'set-password', email, '--generate', '--json']);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(existsSync(join(dataDir, 'run', 'auth.sock'))).toBe(false);
    suite = await start();
    expect(suite.administrator).toBeUndefined();
    const body = { refresh_token: before.refresh_token };
    expect((await call('POST', `${url}/auth/refresh`, { body })).json.code).toBe('token_revoked');
    expect((await call('GET', `${url}/cms/whoami`, { token: before.access_token })).json.code).toBe('token_revoked');
    const { access_token: token } = (await login(JSON.parse(done.out).password)).json;
    const { items } = (await call('GET', `${url}/auth/audit?action=password.set`, { token })).json;
    expect(items.map((item: { actor: string }) => item.actor)).toEqual(['operator', 'operator']);
  }, 120_000);

  it('begins no installation in a folder that has none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gaia-suite-none-'));
    const { code } = await run(['users', 'set-password', email, '--generate'], { folder });
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
