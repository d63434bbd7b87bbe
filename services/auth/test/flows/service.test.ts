import { type State, StateUnavailable } from '@gaia/state/state';
import { describe, expect, it } from 'vitest';
import { ADMIN, createClock, openTestState, startAuth } from '../support/auth-under-test.ts';

describe('the service', () => {
  it('says how it is', async () => {
    await using auth = await startAuth();
    expect((await auth.get('/live')).json()).toEqual({ status: 'live' });
    const ready = await auth.get('/ready');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({
      status: 'ready',
      checks: { database: { status: 'ok' }, state: { status: 'ok' }, keys: { status: 'ok' } },
    });
    await auth.login();
    const metrics = await auth.get('/metrics');
    expect(metrics.body).toMatch(
      /gaia_http_request_duration_seconds_count\{method="POST",route="\/auth\/login",status="200"\} 1/,
    );
  });

  it('describes every route with its refusals', async () => {
    await using auth = await startAuth();
    const { paths } = (await auth.get('/openapi.json')).json();
    expect(Object.keys(paths).sort()).toEqual([
      '/.well-known/jwks.json',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/auth/audit',
      '/auth/audit/verify',
      '/auth/clients',
      '/auth/clients/{client}',
      '/auth/clients/{client}/secrets',
      '/auth/clients/{client}/secrets/{secret}',
      '/auth/email-change',
      '/auth/email-change/details',
      '/auth/forgot',
      '/auth/hosts/{host}',
      '/auth/invitation',
      '/auth/invitation/details',
      '/auth/keys',
      '/auth/keys/import',
      '/auth/keys/rotate',
      '/auth/keys/{kid}/compromise',
      '/auth/login',
      '/auth/logout',
      '/auth/me',
      '/auth/me/deletion',
      '/auth/me/email',
      '/auth/me/export',
      '/auth/me/password',
      '/auth/me/verification',
      '/auth/reauthenticate',
      '/auth/refresh',
      '/auth/reset',
      '/auth/reset/details',
      '/auth/sessions',
      '/auth/sessions/{session}',
      '/auth/sites',
      '/auth/sites/{site}',
      '/auth/sites/{site}/invitations',
      '/auth/sites/{site}/invitations/{invitation}',
      '/auth/sites/{site}/members',
      '/auth/sites/{site}/members/{user}',
      '/auth/sites/{site}/registrations',
      '/auth/sites/{site}/roles',
      '/auth/sites/{site}/roles/{role}',
      '/auth/sso/exchange',
      '/auth/sso/hand-over',
      '/auth/sso/logout',
      '/auth/switch',
      '/auth/tokens',
      '/auth/users',
      '/auth/users/{user}',
      '/auth/users/{user}/sessions',
      '/auth/users/{user}/verification',
      '/auth/verify',
      '/auth/verify/details',
      '/oauth/introspect',
      '/oauth/revoke',
      '/oauth/token',
    ]);
    for (const [path, methods] of Object.entries<Record<string, { summary?: string; responses: object }>>(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        expect(operation.summary, `${method} ${path}`).toBeTruthy();
        const statuses = Object.keys(operation.responses);
        expect(statuses.some((status) => Number(status) < 400)).toBe(true);
        if (!path.startsWith('/.well-known/')) expect(statuses.some((status) => Number(status) >= 400)).toBe(true);
      }
    }
  });

  it('without its state answers 503 to who logs in, publishes its keys and still knows its tokens', async () => {
    const clock = createClock();
    const outage = { away: false };
    const state = losable(openTestState('memory', clock), outage);
    await using auth = await startAuth({ state, clock });
    const { access_token } = await auth.login();
    outage.away = true;
    const login = await auth.post('/auth/login', ADMIN);
    expect(login.statusCode).toBe(503);
    expect(login.json().code).toBe('unavailable');
    expect(login.headers['retry-after']).toBe('1');
    expect((await auth.get('/.well-known/jwks.json')).statusCode).toBe(200);
    expect((await auth.get('/auth/me', access_token)).statusCode).toBe(200);
    expect((await auth.get('/ready')).json()).toMatchObject({
      status: 'degraded',
      checks: { state: { status: 'down' } },
    });
  });

  it('answers 503 with a time when more log in than it can hash for', async () => {
    await using auth = await startAuth({
      env: { ARGON2_CONCURRENCY: '1', ARGON2_QUEUE: '1', ARGON2_MEMORY_KIB: '19456', RATE_LIMIT: 'off' },
    });
    const answers = await Promise.all(Array.from({ length: 12 }, () => auth.post('/auth/login', ADMIN)));
    const statuses = answers.map((answer) => answer.statusCode);
    expect(statuses).toContain(200);
    expect(statuses).toContain(503);
    expect(new Set(statuses).size).toBe(2);
    const refused = answers.find((answer) => answer.statusCode === 503);
    expect(refused?.json().code).toBe('unavailable');
    expect(refused?.headers['retry-after']).toBe('1');
  });

  it('answers the same to who is unknown, who is not and who is disabled', async () => {
    await using auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
    const user = await auth.member({ site: 'site-a.localhost' });
    const gone = await auth.member({ site: 'site-a.localhost' });
    const { access_token } = await auth.login();
    await auth.send('PATCH', `/auth/users/${gone.id}`, access_token, { disabled: true });
    const bodies = [
      { email: user.email, password: 'wrong password' },
      { email: 'nobody@gaia.test', password: 'wrong password' },
      { email: 'no address', password: 'wrong password' },
      { username: 'nobody', password: 'wrong password' },
      { email: gone.email, password: gone.password },
      { email: gone.email, password: 'wrong password' },
    ];
    const answers = await Promise.all(bodies.map((body) => auth.post('/auth/login', body)));
    const said = answers.map((answer) => ({
      status: answer.statusCode,
      challenge: answer.headers['www-authenticate'],
      body: { ...answer.json(), request_id: '' },
    }));
    expect(said[0]).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="gaia"',
      body: { code: 'invalid_credentials' },
    });
    for (const one of said) expect(one).toEqual(said[0]);
  });
});

/** The state, which does not answer while it is away. */
function losable(state: State, outage: { away: boolean }): State {
  const guarded = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === 'object' && value !== null) return guarded(value);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) =>
          outage.away ? Promise.reject(new StateUnavailable()) : Reflect.apply(value, target, given);
      },
    });
  return guarded(state);
}
