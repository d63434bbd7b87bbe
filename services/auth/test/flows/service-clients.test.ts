import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const SECRET = 'a-secret-of-the-search-service';
let auth: AuthUnderTest;

beforeAll(async () => {
  auth = await startAuth({
    env: { SERVICE_CLIENTS: `search=${SECRET}:feed:read content:read,assets=another-secret-of-assets:feed:read` },
  });
});
afterAll(() => auth[Symbol.asyncDispose]());

function ask(form: string, headers: Record<string, string> = {}) {
  return auth.app.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: form,
  });
}

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

describe('client credentials', () => {
  it.each([
    ['HTTP Basic', 'grant_type=client_credentials', basic('search', SECRET)],
    ['the form', `grant_type=client_credentials&client_id=search&client_secret=${SECRET}`, {}],
    [
      'HTTP Basic and the same name in the form',
      'grant_type=client_credentials&client_id=search',
      basic('search', SECRET),
    ],
  ])('in %s get a token', async (_how, form, headers) => {
    const answer = await ask(form, headers);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'feed:read content:read',
    });
    const claims = claimsOf(answer.json().access_token);
    expect(claims).toMatchObject({ sub: 'search', client_id: 'search', aud: 'gaia' });
    for (const name of ['sid', 'site', 'roles', 'auth_time']) expect(claims).not.toHaveProperty(name);
  });

  it('can ask for less, and unknown parameters change nothing', async () => {
    const answer = await ask('grant_type=client_credentials&scope=feed:read&roles=owner&x=1', basic('search', SECRET));
    expect(answer.json().scope).toBe('feed:read');
    expect(claimsOf(answer.json().access_token).scope).toBe('feed:read');
  });

  it.each<[string, string, Record<string, string>, number, string]>([
    ['no client', 'grant_type=client_credentials', {}, 401, 'invalid_client'],
    ['an unknown client', 'grant_type=client_credentials', basic('nobody', SECRET), 401, 'invalid_client'],
    ['a wrong secret', 'grant_type=client_credentials', basic('search', `${SECRET}x`), 401, 'invalid_client'],
    ['an empty secret', 'grant_type=client_credentials', basic('nobody', ''), 401, 'invalid_client'],
    ['a secret of another client', 'grant_type=client_credentials', basic('assets', SECRET), 401, 'invalid_client'],
    ['another scheme', 'grant_type=client_credentials', { authorization: 'Bearer x' }, 401, 'invalid_client'],
    ['a broken Basic', 'grant_type=client_credentials', { authorization: 'Basic %%%' }, 401, 'invalid_client'],
    [
      'two ways at once',
      `grant_type=client_credentials&client_secret=${SECRET}`,
      basic('search', SECRET),
      400,
      'invalid_request',
    ],
    ['two clients', 'grant_type=client_credentials&client_id=assets', basic('search', SECRET), 400, 'invalid_request'],
    ['no grant type', 'scope=feed:read', basic('search', SECRET), 400, 'invalid_request'],
    ['an empty grant type', 'grant_type=', basic('search', SECRET), 400, 'invalid_request'],
    [
      'another grant',
      'grant_type=password&username=a&password=b',
      basic('search', SECRET),
      400,
      'unsupported_grant_type',
    ],
    [
      'a parameter twice',
      'grant_type=client_credentials&scope=feed:read&scope=x',
      basic('search', SECRET),
      400,
      'invalid_request',
    ],
    [
      'too much scope',
      'grant_type=client_credentials&scope=feed:read sites:manage',
      basic('search', SECRET),
      400,
      'invalid_scope',
    ],
    [
      'odd scope',
      'grant_type=client_credentials&scope=feed:read  content:read',
      basic('search', SECRET),
      400,
      'invalid_scope',
    ],
    ['JSON', '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' }, 400, 'invalid_request'],
    [
      'too long a form',
      `grant_type=client_credentials&x=${'x'.repeat(30_000)}`,
      basic('search', SECRET),
      413,
      'invalid_request',
    ],
  ])('with %s are refused', async (_what, form, headers, status, error) => {
    const answer = await ask(form, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({ error, error_description: expect.any(String) });
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="gaia"/);
    expect(auth.logged()).not.toContain(SECRET);
  });

  it('make no user: a service has no self and no sites here', async () => {
    const { access_token } = (await ask('grant_type=client_credentials', basic('search', SECRET))).json();
    for (const url of ['/auth/me', '/auth/sites']) {
      expect(refusal(await auth.get(url, access_token))).toEqual({ status: 403, code: 'forbidden' });
    }
    expect((await auth.get('/auth/users', access_token)).json().code).toBe('insufficient_scope');
    expect((await auth.post('/auth/logout', undefined, access_token)).statusCode).toBe(204);
  });
});
