import { createHmac, randomUUID } from 'node:crypto';
import { createTestIssuer } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth, type Tokens } from '../support/auth-under-test.ts';

let auth: AuthUnderTest;
let tokens: Tokens;

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  tokens = await auth.login();
});
afterAll(() => auth[Symbol.asyncDispose]());

const credentials = { email: 'root@gaia.test', password: 'correct horse battery' };

describe('bodies', () => {
  it.each<[string, string, unknown]>([
    ['no body', '/auth/login', undefined],
    ['a list', '/auth/login', []],
    ['nothing in it', '/auth/login', {}],
    ['no password', '/auth/login', { email: 'a@b.test' }],
    ['neither name', '/auth/login', { password: 'x' }],
    ['both names', '/auth/login', { ...credentials, username: 'root' }],
    ['a number for a password', '/auth/login', { email: 'a@b.test', password: 12345678 }],
    ['an object for an address', '/auth/login', { email: { $ne: null }, password: 'x' }],
    ['a list for an address', '/auth/login', { email: ['a@b.test'], password: 'x' }],
    ['null for a password', '/auth/login', { email: 'a@b.test', password: null }],
    ['an empty password', '/auth/login', { email: 'a@b.test', password: '' }],
    ['a password of 257 characters', '/auth/login', { email: 'a@b.test', password: 'x'.repeat(257) }],
    ['an address of 255 characters', '/auth/login', { email: `${'x'.repeat(248)}@b.test`, password: 'x' }],
    ['a site that is none', '/auth/login', { ...credentials, site: '../etc' }],
    ['a site with a NUL', '/auth/login', { ...credentials, site: 'a\u0000' }],
    ['a role', '/auth/login', { ...credentials, role: 'owner' }],
    ['roles', '/auth/login', { ...credentials, roles: ['owner'] }],
    ['an id', '/auth/login', { ...credentials, id: randomUUID() }],
    ['verified', '/auth/login', { ...credentials, verified: true }],
    ['no refresh token', '/auth/refresh', {}],
    ['a number for a refresh token', '/auth/refresh', { refresh_token: 1 }],
    ['an empty refresh token', '/auth/refresh', { refresh_token: '' }],
    ['an endless refresh token', '/auth/refresh', { refresh_token: 'x'.repeat(2_049) }],
    ['a site at refresh', '/auth/refresh', { refresh_token: 'x', site: 'site-b.localhost' }],
    ['a list for a logout', '/auth/logout', []],
    ['a number at logout', '/auth/logout', { refresh_token: 1 }],
  ])('with %s are refused', async (_what, url, body) => {
    expect(refusal(await auth.post(url, body))).toEqual({ status: 400, code: 'validation_failed' });
  });

  it.each<[string, string, string, number, string]>([
    ['what is not JSON', '{"email":', 'application/json', 400, 'malformed_json'],
    ['nothing as JSON', '', 'application/json', 400, 'malformed_json'],
    [
      'a prototype',
      '{"__proto__":{"roles":["owner"]},"email":"a@b.test","password":"x"}',
      'application/json',
      400,
      'malformed_json',
    ],
    [
      'a constructor',
      '{"constructor":{"prototype":{"x":1}},"email":"a@b.test","password":"x"}',
      'application/json',
      400,
      'malformed_json',
    ],
    ['a deep nest', `${'['.repeat(100)}${']'.repeat(100)}`, 'application/json', 400, 'json_too_deep'],
    ['too much', JSON.stringify({ email: 'x'.repeat(70_000) }), 'application/json', 413, 'payload_too_large'],
    ['a form', 'email=a&password=b', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['XML', '<x/>', 'text/xml', 415, 'unsupported_media_type'],
  ])('of %s are refused', async (_what, payload, type, status, code) => {
    const answer = await auth.app.inject({
      method: 'POST',
      url: '/auth/login',
      headers: { 'content-type': type },
      payload,
    });
    expect(refusal(answer)).toEqual({ status, code });
  });

  it.each<[string, unknown]>([
    ['administrator', { administrator: true }],
    ['roles', { roles: ['owner'] }],
    ['role', { role: 'owner' }],
    ['site', { site: 'site-a.localhost' }],
    ['id', { id: randomUUID() }],
    ['verified', { verified: true }],
    ['disabled', { disabled: false }],
    ['password_hash', { password_hash: '$argon2id$' }],
    ['a NUL in the name', { name: 'a\u0000b' }],
    ['an address without @', { email: 'nobody' }],
    ['an address with a NUL', { email: 'a\u0000b@gaia.test' }],
    ['an address with a line', { email: 'a@gaia.test\nbcc: b@gaia.test' }],
    ['a short password', { password: 'seven77' }],
    ['an endless password', { password: 'x'.repeat(257) }],
    ['half a surrogate in the password', { password: 'password\ud800' }],
    ['a user name like an address', { username: 'a@b.test' }],
    ['a user name with spaces', { username: 'a b c' }],
    ['a user name that grows when it is normalised', { username: 'ﷺ'.repeat(20) }],
  ])('of new users with %s are refused', async (_what, part) => {
    const body = { email: 'new@gaia.test', password: 'long enough', ...(part as object) };
    const answer = await auth.post('/auth/users', body, tokens.access_token);
    expect(refusal(answer)).toEqual({ status: 400, code: 'validation_failed' });
  });
});

describe('bearer tokens', () => {
  const protectedRoutes = [
    ['GET', '/auth/me'],
    ['GET', '/auth/users'],
    ['POST', '/auth/users'],
    ['GET', '/auth/sites'],
    ['POST', '/auth/sites'],
    ['GET', '/auth/sites/site-a.localhost'],
    ['GET', '/auth/sites/site-a.localhost/members'],
    ['PUT', `/auth/sites/site-a.localhost/members/${randomUUID()}`],
    ['DELETE', `/auth/sites/site-a.localhost/members/${randomUUID()}`],
    ['GET', `/auth/users/${randomUUID()}`],
    ['PATCH', `/auth/users/${randomUUID()}`],
    ['DELETE', `/auth/users/${randomUUID()}`],
    ['POST', `/auth/users/${randomUUID()}/verification`],
    ['PATCH', '/auth/me'],
    ['GET', '/auth/me/export'],
    ['POST', '/auth/me/password'],
    ['POST', '/auth/me/email'],
    ['POST', '/auth/me/verification'],
    ['POST', '/auth/me/deletion'],
    ['PATCH', '/auth/sites/site-a.localhost'],
    ['GET', '/auth/sites/site-a.localhost/invitations'],
    ['POST', '/auth/sites/site-a.localhost/invitations'],
    ['DELETE', `/auth/sites/site-a.localhost/invitations/${randomUUID()}`],
  ] as const;

  it.each(protectedRoutes)('are needed by %s %s, before the body is looked at', async (method, url) => {
    const answer = await auth.app.inject({ method, url, ...(method !== 'GET' && { payload: { nonsense: 1 } }) });
    expect(refusal(answer)).toEqual({ status: 401, code: 'token_missing' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="gaia"');
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['no token at all', () => 'x', 'token_malformed'],
    ['a refresh token', () => tokens.refresh_token, 'token_invalid'],
    ['a changed signature', () => changed(tokens.access_token), 'token_invalid'],
    ['none for an algorithm', () => unsigned(tokens.access_token), 'token_invalid'],
    ['HS256 with the public key', () => signedWithPublicKey(tokens.access_token), 'token_invalid'],
    [
      'the key of another issuer',
      async () =>
        (await createTestIssuer({ now: auth.clock.now })).tokenFor({ role: 'owner', site: 'site-a.localhost' }),
      'token_invalid',
    ],
  ])('with %s are refused', async (_what, make, code) => {
    const answer = await auth.get('/auth/me', await make());
    expect(refusal(answer)).toEqual({ status: 401, code });
    expect(String(answer.headers['www-authenticate'])).toMatch(/^Bearer realm="gaia", error="invalid_token"/);
  });

  it('stand in no log, and passwords neither', async () => {
    await auth.post('/auth/refresh', { refresh_token: `${tokens.refresh_token}x` });
    await auth.post('/auth/login', { email: 'root@gaia.test', password: 'a wrong password' });
    for (const secret of [tokens.access_token, tokens.refresh_token, credentials.password, 'a wrong password']) {
      expect(auth.logged()).not.toContain(secret);
    }
  });
});

describe('refresh tokens', () => {
  it.each<[string, () => string, string]>([
    ['nothing of the kind', () => 'x', 'token_malformed'],
    ['three dots', () => '..', 'token_malformed'],
    ['an access token', () => tokens.access_token, 'token_invalid'],
    ['a changed signature', () => changed(tokens.refresh_token), 'token_invalid'],
    ['another spelling of the signature', () => `${tokens.refresh_token}=`, 'token_malformed'],
    ['none for an algorithm', () => unsigned(tokens.refresh_token), 'token_invalid'],
    ['another sequence', () => withClaims(tokens.refresh_token, { seq: 2 }), 'token_invalid'],
  ])('of %s are refused', async (_what, make, code) => {
    const answer = await auth.post('/auth/refresh', { refresh_token: make() });
    expect(refusal(answer)).toEqual({ status: 401, code });
  });

  it('of an installation with another secret are refused', async () => {
    await using other = await startAuth();
    const foreign = await other.login();
    const answer = await auth.post('/auth/refresh', { refresh_token: foreign.refresh_token });
    expect(refusal(answer)).toEqual({ status: 401, code: 'token_invalid' });
  });
});

describe('paths', () => {
  it.each<[string, number, string]>([
    ['/auth/nothing', 404, 'route_not_found'],
    ['/auth/users/1', 400, 'validation_failed'],
    ["/auth/users/1'%20or%20'1'='1", 400, 'validation_failed'],
    [`/auth/users/${randomUUID()}`, 404, 'user_not_found'],
    ['/auth/sites/nothing.localhost', 404, 'site_not_found'],
    ['/auth/sites/UPPER', 400, 'validation_failed'],
    ['/auth/sites/%00', 400, 'validation_failed'],
    ['/auth/hosts/nothing.localhost', 404, 'site_not_found'],
    ['/auth/hosts/%00', 400, 'validation_failed'],
    [`/auth/hosts/${'a'.repeat(250)}`, 404, 'site_not_found'],
    [`/auth/hosts/${'a'.repeat(300)}`, 414, 'uri_too_long'],
    ['/auth/users?limit=0', 400, 'validation_failed'],
    ['/auth/users?limit=101', 400, 'validation_failed'],
    ['/auth/users?q=%00', 400, 'validation_failed'],
    ['/auth/users?nothing=1', 400, 'validation_failed'],
    ['/auth/users?cursor=x', 400, 'invalid_cursor'],
    ['/auth/sites?cursor=Li4v', 400, 'invalid_cursor'],
  ])('%s → %i %s', async (url, status, code) => {
    expect(refusal(await auth.get(url, tokens.access_token))).toEqual({ status, code });
  });
});

/** The token with another last byte of the signature. */
function changed(token: string): string {
  const [head, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return `${head}.${payload}.${bytes.toString('base64url')}`;
}

function unsigned(token: string): string {
  const header = { ...headerOf(token), alg: 'none' };
  return `${encoded(header)}.${token.split('.')[1]}.${Buffer.from('none').toString('base64url')}`;
}

/** RFC 8725 §2.1: the public key must never pass for a shared secret. */
async function signedWithPublicKey(token: string): Promise<string> {
  const { n } = (await auth.get('/.well-known/jwks.json')).json().keys[0];
  const signedText = `${encoded({ ...headerOf(token), alg: 'HS256' })}.${token.split('.')[1]}`;
  return `${signedText}.${createHmac('sha256', n).update(signedText).digest('base64url')}`;
}

function withClaims(token: string, claims: object): string {
  const [head, , signature] = token.split('.');
  return `${head}.${encoded({ ...claimsOf(token), ...claims })}.${signature}`;
}

function headerOf(token: string): object {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
