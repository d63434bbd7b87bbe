import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signIn, unsafe } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { openGateway } from '../support/gateway.ts';
import { echo, freePort, type Seen, type Sending, send, serve } from '../support/servers.ts';
import { genuineToken } from './genuine-token.ts';

const SECRET = 'a-forward-auth-secret-with-32-characters';
const GUIDE = join(import.meta.dirname, '../../../../docs/guides/forward-auth.md');

interface Addresses {
  readonly port: number;
  readonly gateway: string;
  readonly service: string;
  readonly directory: string;
}

interface EdgeProxy {
  readonly name: string;
  readonly program: string | undefined;
  start(addresses: Addresses): ChildProcess;
}

/** The configuration in the guide, with the addresses of the test. */
function configuration(language: string, { gateway, service }: Addresses): string {
  const [, block = ''] = readFileSync(GUIDE, 'utf8').split(`\`\`\`${language}\n`);
  return block
    .split('```', 1)[0]
    ?.replace('gateway:8080', gateway)
    .replace(/own-service(:80)?/, service)
    .replace('the secret', SECRET) as string;
}

function programAt(...paths: string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}

const proxies: readonly EdgeProxy[] = [
  {
    name: 'nginx',
    program: programAt('/usr/sbin/nginx', '/usr/bin/nginx'),
    start(addresses) {
      const { port, directory } = addresses;
      const file = join(directory, 'nginx.conf');
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${directory}/${name};`)
        .join(' ');
      writeFileSync(
        file,
        `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
        events {}
        http { access_log off; ${temporary} server { listen 127.0.0.1:${port}; ${configuration('nginx', addresses)} } }`,
      );
      return spawn(this.program ?? '', ['-c', file, '-p', directory, '-e', join(directory, 'error.log')]);
    },
  },
  {
    name: 'Caddy',
    program: programAt('/usr/bin/caddy'),
    start(addresses) {
      const { port, directory } = addresses;
      const file = join(directory, 'Caddyfile');
      const site = configuration('caddy', addresses);
      writeFileSync(file, `{\nadmin off\nauto_https off\n}\nhttp://:${port} {\n${site}}\n`);
      const env = { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
      return spawn(this.program ?? '', ['run', '--adapter', 'caddyfile', '--config', file], { env });
    },
  },
];

async function openProxy(proxy: EdgeProxy) {
  const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
  gateway.auth.hosts.set('localhost', 'site-a.localhost');
  const service = await serve(echo('own'));
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'gaia-edge-'));
  const child = proxy.start({
    port,
    directory,
    gateway: `127.0.0.1:${gateway.port}`,
    service: `127.0.0.1:${service.port}`,
  });
  child.stdout?.resume();
  child.stderr?.resume();
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const origin = `http://127.0.0.1:${port}`;
  await vi.waitFor(() => send(origin, '/'), { timeout: 10_000 });
  const host = { host: `localhost:${gateway.port}` };
  const through = (sending: Sending = {}) =>
    send(origin, '/own/x?y=1', { ...sending, headers: { ...host, ...(sending.headers as Record<string, string>) } });
  return { gateway, through };
}

describe.each(proxies)('an own service behind $name, configured as the guide says', (proxy) => {
  // Skipped where the program is not on this machine.
  const missing = proxy.program === undefined;

  it.skipIf(missing)('gets the token of the session, its site and no cookie', async () => {
    const { gateway, through } = await openProxy(proxy);
    const { cookie } = await signIn(gateway);
    const seen = (await through({ headers: { cookie } })).json<Seen>();
    expect(claimsOf(seen.headers.authorization ?? '')?.sub).toBe('u1');
    expect(seen.headers).toMatchObject({ 'x-gaia-site': 'site-a.localhost' });
    expect(seen.headers).not.toHaveProperty('cookie');
    expect(seen.url).toBe('/own/x?y=1');
  });

  it.skipIf(missing)('gets what is allowed alone', async () => {
    const { gateway, through } = await openProxy(proxy);
    const session = await signIn(gateway);
    const { cookie } = session;
    const own = `http://localhost:${gateway.port}`;
    const foreign = { origin: 'http://evil.example' };
    const bearer = await genuineToken();
    const socket = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
    const preflight = { ...foreign, 'access-control-request-method': 'POST' };
    const cases: readonly (readonly [number, Sending])[] = [
      [200, { headers: { authorization: `Bearer ${bearer}` } }],
      [401, { headers: { authorization: 'x' } }],
      [401, { headers: { authorization: 'Bearer own', cookie } }],
      [401, { headers: { authorization: 'Basic eDp5', cookie } }],
      [401, {}],
      [401, { headers: { cookie: 'gaia-8080=x' } }],
      [200, unsafe(session)],
      [403, unsafe(session, { 'x-csrf-token': 'x' })],
      [403, unsafe(session, foreign)],
      [403, { headers: { cookie, ...socket, ...foreign } }],
      [403, { headers: { cookie, ...socket } }],
      [200, { headers: { cookie, ...socket, origin: own } }],
      [200, { method: 'OPTIONS', headers: { cookie, ...preflight } }],
    ];
    const answers = await Promise.all(cases.map(([, sending]) => through(sending)));
    expect(answers.map(({ status }) => status)).toEqual(cases.map(([status]) => status));
    expect(answers.at(-1)?.json<Seen>().headers.authorization ?? '').toBe('');
  });

  it.skipIf(missing)('leads a browser that opens a page to the sign-in page, and back', async () => {
    const { gateway, through } = await openProxy(proxy);
    const answer = await through({ headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(answer.status).toBe(303);
    const back = encodeURIComponent('/own/x?y=1');
    expect(answer.headers.location).toBe(`http://localhost:${gateway.port}/sign-in?return=${back}`);
    const script = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', accept: 'text/html' };
    expect((await through({ headers: script })).status).toBe(401);
  });

  it.skipIf(missing)('is not reached by a method that a client invents for the question', async () => {
    const { gateway, through } = await openProxy(proxy);
    const { cookie } = await signIn(gateway);
    const invented = { 'x-original-method': 'GET', 'x-forwarded-method': 'GET' };
    expect((await through({ method: 'DELETE', headers: { cookie, ...invented } })).status).toBe(403);
  });
});
