import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signIn, unsafe } from '../support/browser.ts';
import { claimsOf } from '../support/fake-auth.ts';
import { openGateway } from '../support/gateway.ts';
import { echo, freePort, type Seen, type Sending, send, serve } from '../support/servers.ts';

const SECRET = 'a-forward-auth-secret-with-32-characters';
const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
const missing = NGINX === undefined ? ' (skipped: there is no nginx on this machine)' : '';

/** The configuration of docs/guides/forward-auth.md. */
function configuration(port: number, gatewayPort: number, service: string, directory: string): string {
  return `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/f;
  uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  server {
    listen 127.0.0.1:${port};
    location / {
      auth_request /_forward_auth;
      auth_request_set $gaia_authorization $upstream_http_authorization;
      auth_request_set $gaia_site $upstream_http_x_gaia_site;
      proxy_set_header Authorization $gaia_authorization;
      proxy_set_header X-Gaia-Site $gaia_site;
      proxy_set_header Cookie "";
      proxy_pass ${service};
    }
    location = /_forward_auth {
      internal;
      proxy_pass http://127.0.0.1:${gatewayPort}/forward-auth;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Gaia-Forward-Auth "${SECRET}";
    }
  }
}`;
}

async function openNginx() {
  const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
  gateway.auth.hosts.set('localhost', 'site-a.localhost');
  const service = await serve(echo('own'));
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'gaia-nginx-'));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(port, gateway.port, service.origin, directory));
  const nginx = spawn(NGINX ?? 'nginx', ['-c', file, '-p', directory, '-e', join(directory, 'error.log')]);
  onTestFinished(async () => {
    const ended = new Promise((resolve) => nginx.once('exit', resolve));
    nginx.kill('SIGTERM');
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

describe.skipIf(missing !== '')(`an own service behind nginx${missing}`, () => {
  it('gets the token of the session, and its site', async () => {
    const { gateway, through } = await openNginx();
    const session = await signIn(gateway);
    const seen = (await through({ headers: { cookie: session.cookie } })).json<Seen>();
    expect(claimsOf(seen.headers.authorization ?? '')?.sub).toBe('u1');
    expect(seen.headers).toMatchObject({ 'x-gaia-site': 'site-a.localhost' });
    expect(seen.headers).not.toHaveProperty('cookie');
    expect(seen.url).toBe('/own/x?y=1');
    const given = await through({ headers: { cookie: session.cookie, authorization: 'Bearer own' } });
    expect(given.json<Seen>().headers.authorization).toBe('Bearer own');

    expect((await through()).status).toBe(401);
    expect((await through({ headers: { cookie: 'gaia=x' } })).status).toBe(401);
    expect((await through({ ...unsafe(session) })).status).toBe(200);
    expect((await through({ ...unsafe(session, { 'x-csrf-token': 'x' }) })).status).toBe(403);
    expect((await through({ ...unsafe(session, { origin: 'http://evil.example' }) })).status).toBe(403);
  });
});

describe('the endpoint itself', () => {
  const asking = { 'x-gaia-forward-auth': SECRET };

  it.each([
    ['without the secret', { 'x-gaia-forward-auth': '' }],
    ['with another secret', { 'x-gaia-forward-auth': `${SECRET}x` }],
  ])('is not there %s', async (_, headers) => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const session = await signIn(gateway);
    const answer = await gateway.send('/forward-auth', { headers: { cookie: session.cookie, ...headers } });
    expect(answer.status).toBe(404);
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it('is not there where none was set', async () => {
    const gateway = await openGateway();
    expect((await gateway.send('/forward-auth', { headers: asking })).status).toBe(404);
  });

  it.each(['x-original-method', 'x-forwarded-method'])('goes by the method in %s', async (name) => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    expect((await gateway.send('/forward-auth', { headers: { ...asking, cookie } })).status).toBe(200);
    const unsafeMethod = await gateway.send('/forward-auth', { headers: { ...asking, cookie, [name]: 'delete' } });
    expect(unsafeMethod.json()).toMatchObject({ status: 403, code: 'csrf_token_missing' });
  });

  it('refuses a session of an account that belongs to no site', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    gateway.auth.audience = 'auth';
    const { cookie } = await signIn(gateway);
    const answer = await gateway.send('/forward-auth', { headers: { ...asking, cookie } });
    expect(answer.json()).toMatchObject({ status: 403, code: 'account_session' });
    expect(answer.headers).not.toHaveProperty('authorization');
  });

  it('refuses a second Authorization header, whatever it holds', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    for (const other of ['Bearer y', 'Basic eDp5', '']) {
      const headers = [
        ...Object.entries({ ...asking, cookie }).flat(),
        'Authorization',
        'Bearer x',
        'authorization',
        other,
      ];
      const answer = await gateway.send('/forward-auth', { headers });
      expect(answer.json()).toMatchObject({ status: 400, code: 'duplicate_header' });
      expect(answer.headers).not.toHaveProperty('authorization');
    }
  });

  it('takes the path that Envoy adds', async () => {
    const gateway = await openGateway({ env: { FORWARD_AUTH_SECRET: SECRET } });
    const { cookie } = await signIn(gateway);
    const answer = await gateway.send('/forward-auth/a/b?c', { headers: { ...asking, cookie } });
    expect(answer.headers.authorization).toMatch(/^Bearer /);
  });
});
