import { describe, expect, it } from 'vitest';
import { openGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/servers.ts';

describe('routing', () => {
  it.each([
    ['GET', '/auth/me', 'auth'],
    ['GET', '/auth/sites/site-a.localhost/members', 'auth'],
    ['POST', '/auth/refresh-x', 'auth'],
    ['POST', '/oauth/token', 'auth'],
    ['GET', '/.well-known/jwks.json', 'auth'],
    ['GET', '/.well-known/oauth-authorization-server', 'auth'],
    ['GET', '/.well-known/openid-configuration', 'auth'],
    ['GET', '/cms/whoami?a=b%20c&a=d', 'cms'],
    ['GET', `/cms/${'long'.repeat(1_500)}`, 'cms'],
    ['PUT', '/cms/sites/site-a.localhost/types/article', 'cms'],
    ['PATCH', '/cms/x', 'cms'],
    ['DELETE', '/cms/x', 'cms'],
    ['OPTIONS', '/cms/x', 'cms'],
    ['POST', '/graphql', 'cms'],
    ['GET', '/assets/abc?token=x.y.z', 'assets'],
    ['GET', '/search?q=%C3%A9t%C3%A9', 'search'],
    ['GET', '/search/whoami', 'search'],
  ])('%s %s goes to %s unchanged', async (method, path, service) => {
    const gateway = await openGateway();
    const answer = await gateway.send(path, { method, headers: { authorization: 'Bearer x' } });
    expect(answer.status).toBe(200);
    if (service === 'auth' && /me|jwks/.test(path)) return;
    expect(answer.json()).toMatchObject({ service, url: path });
  });

  it.each([
    ['POST', '/@/api/login?x=1', '/auth/login?x=1'],
    ['POST', '/@/api/refresh', '/auth/refresh'],
    ['POST', '/@/api/logout', '/auth/logout'],
    ['GET', '/@/api/me', '/auth/me'],
  ])('%s %s is %s', async (method, path, target) => {
    const gateway = await openGateway();
    await gateway.send(path, {
      method,
      headers: { authorization: 'Bearer a.e30.c', 'content-type': 'application/json' },
    });
    expect(gateway.auth.calls.map((call) => call.path)).toContain(target);
  });

  it.each([
    '/metrics',
    '/cms',
    '/auth',
    '/searching',
    '/graphql/x',
    '/.well-known/other',
    '/@/api/other',
    '/@/api/login/x',
    '/%63ms/whoami',
    '/cms%2fwhoami',
    '//cms/whoami',
    '/internal',
    '/x/cms/whoami',
  ])('%s leads nowhere', async (path) => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const answer = await gateway.send(path);
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'route_not_found', status: 404, request_id: expect.any(String) });
  });

  it.each(['/cms/..%2f..%2fmetrics', '/cms/../metrics', '/cms/%2e%2e/metrics', '/cms/x\\y', '/cms//metrics'])(
    '%s is refused before any service sees it',
    async (path) => {
      const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
      const raw = await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      expect(raw).toMatch(/^HTTP\/1\.1 400 /);
      expect(raw).toContain('"code":"invalid_path"');
    },
  );

  it('takes no absolute targets and no tunnels', async () => {
    const gateway = await openGateway({ cms: () => expect.fail('reached the service') });
    const absolute = 'GET http://elsewhere/cms/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    expect(await sendRaw(gateway.port, absolute)).toMatch(/^HTTP\/1\.1 404 /);
    const tunnel = await sendRaw(gateway.port, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(tunnel).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each(['h2c', 'TLS/1.0', 'irc'])('does not switch to %s', async (protocol) => {
    const gateway = await openGateway();
    const seen = await gateway.seen('/cms/x', { headers: { Connection: 'Upgrade', Upgrade: protocol } });
    expect(seen.headers.upgrade).toBeUndefined();
    expect(seen.headers.connection).toBe('keep-alive');
  });

  it.each(['metrics', 'openapi.json', 'live', 'ready'])('never leads to the /%s of a service', async (name) => {
    const gateway = await openGateway();
    for (const prefix of ['', '/auth/..', '/cms/..', '/assets/..', '/search/..']) {
      const answer = await gateway.send(`${prefix}/${name}`);
      expect(answer.text).not.toContain('"rawHeaders"');
    }
  });
});
