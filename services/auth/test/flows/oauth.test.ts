import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AuthUnderTest,
  claimsOf,
  ISSUER,
  refusal,
  startAuth,
  type TestMember,
  type Tokens,
} from '../support/auth-under-test.ts';

const A = 'site-a.localhost';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const keys = generateKeyPairSync('ed25519');

let auth: AuthUnderTest;
let admin: string;
let user: TestMember;
let secret: string;

const make = (body: object, token = admin) => auth.post('/auth/clients', body, token);

beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
  user = await auth.member({ site: A, roles: ['editor'] });
  admin = (await auth.login()).access_token;
  const made = await make({ id: 'mailer', scopes: ['content:read', 'assets:read', 'site:delete'], may_exchange: true });
  expect(made.statusCode, made.body).toBe(201);
  secret = made.json().secret;
  await make({
    id: 'robot',
    site: A,
    scopes: ['content:read'],
    public_keys: [keys.publicKey.export({ format: 'jwk' })],
  });
});
afterAll(() => auth[Symbol.asyncDispose]());

function ask(path: string, form: Readonly<Record<string, string>>, authorization?: string) {
  return auth.app.inject({
    method: 'POST',
    url: `/oauth/${path}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) },
    payload: new URLSearchParams(form).toString(),
  });
}
const basic = (id = 'mailer', given = secret) => `Basic ${Buffer.from(`${id}:${given}`).toString('base64')}`;
const login = (): Promise<Tokens> => auth.login({ email: user.email, password: user.password });
const exchange = (subject: string, form: object = {}, authorization = basic()) =>
  ask('token', { grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS, ...form }, authorization);

function assertion(claims: object = {}, header: object = {}, key: KeyObject = keys.privateKey): string {
  return signed(JSON.stringify({ alg: 'EdDSA', ...header }), claimsText(claims), key);
}

function claimsText(claims: object = {}): string {
  const exp = Math.floor(auth.clock.now() / 1_000) + 60;
  return JSON.stringify({ iss: 'robot', sub: 'robot', aud: ISSUER, exp, jti: randomUUID(), ...claims });
}

function signed(header: string, payload: string | Buffer, key: KeyObject = keys.privateKey): string {
  const text = [header, payload].map((part) => Buffer.from(part as string).toString('base64url')).join('.');
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}
const asRobot = (jwt: string) =>
  ask('token', { grant_type: 'client_credentials', client_assertion_type: ASSERTION, client_assertion: jwt });

describe('service accounts', () => {
  it('get tokens with their secret, for their site, and what they hold ends with a change', async () => {
    const made = (await make({ id: 'importer', site: A, scopes: ['content:write', 'content:read'] })).json();
    expect(made).toMatchObject({
      id: 'importer',
      site: A,
      has_secret: true,
      secret: expect.stringMatching(/^gaia_secret_/),
    });
    const token = (await ask('token', { grant_type: 'client_credentials' }, basic('importer', made.secret))).json();
    expect(claimsOf(token.access_token)).toMatchObject({
      sub: 'importer',
      site: A,
      scope: 'content:write content:read',
    });
    const url = '/auth/clients/importer';
    expect((await auth.get(url, admin)).body).not.toContain(made.secret);
    expect((await auth.send('PATCH', url, admin, { scopes: ['content:read'] })).statusCode).toBe(200);
    await auth.clock.advance(1_000);
    const fresh = (await ask('token', { grant_type: 'client_credentials' }, basic('importer', made.secret))).json();
    expect(fresh.scope).toBe('content:read');
    const state = (await ask('introspect', { token: token.access_token }, basic())).json();
    expect(state).toEqual({ active: false });

    const by = (given: string) => ask('token', { grant_type: 'client_credentials' }, basic('importer', given));
    await auth.send('PATCH', url, admin, { disabled: true });
    expect((await by(made.secret)).json().error).toBe('invalid_client');
    expect((await auth.send('DELETE', url, admin)).statusCode).toBe(204);
    expect(refusal(await auth.get(url, admin))).toEqual({ status: 404, code: 'client_not_found' });
    expect((await auth.get('/auth/clients?q=mail', admin)).json().items).toHaveLength(1);
    expect(auth.logged()).not.toContain(made.secret);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const strongRsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  it.each<[string, object, number, string]>([
    ['the name of another', { id: 'mailer' }, 409, 'client_exists'],
    ['the name of an actor that is no account', { id: 'operator' }, 409, 'client_exists'],
    ['a user’s id', { id: randomUUID() }, 400, 'validation_failed'],
    ['no scope', { scopes: [] }, 400, 'validation_failed'],
    ['an unknown scope', { scopes: ['toString'] }, 400, 'validation_failed'],
    ['no such site', { site: 'none.localhost' }, 404, 'site_not_found'],
    ['a private key', { public_keys: [keys.privateKey.export({ format: 'jwk' })] }, 400, 'validation_failed'],
    [
      'a key with an exponent of one',
      { public_keys: [{ ...strongRsa.publicKey.export({ format: 'jwk' }), e: 'AQ' }] },
      400,
      'validation_failed',
    ],
    ['a short key', { public_keys: [rsa.publicKey.export({ format: 'jwk' })] }, 400, 'validation_failed'],
    ['a shared key', { public_keys: [{ kty: 'oct', k: 'AAAA' }] }, 400, 'validation_failed'],
    ['a secret of one’s own', { secret: 'x'.repeat(40) }, 400, 'validation_failed'],
  ])('cannot be made with %s', async (_what, part, status, code) => {
    expect(refusal(await make({ id: 'fresh', scopes: ['content:read'], ...part }))).toEqual({ status, code });
  });

  it('are the business of administrators', async () => {
    const { access_token } = await login();
    expect(refusal(await make({ id: 'mine', scopes: ['content:read'] }, access_token)).code).toBe('insufficient_scope');
    expect(refusal(await auth.get('/auth/clients', access_token)).code).toBe('insufficient_scope');
  });
});

describe('private_key_jwt', () => {
  it('authenticates a client without any secret', async () => {
    for (const aud of [ISSUER, [`${ISSUER}/oauth/token`]]) {
      const answer = await asRobot(assertion({ aud }));
      expect(answer.statusCode, answer.body).toBe(200);
      expect(claimsOf(answer.json().access_token)).toMatchObject({ sub: 'robot', site: A, scope: 'content:read' });
    }
  });

  it.each<[string, () => string]>([
    ['another issuer', () => assertion({ iss: 'mailer' })],
    ['another subject', () => assertion({ sub: 'mailer' })],
    ['another audience', () => assertion({ aud: 'https://elsewhere.example' })],
    ['no audience', () => assertion({ aud: undefined })],
    ['no end', () => assertion({ exp: undefined })],
    ['an end in the past', () => assertion({ exp: Math.floor(auth.clock.now() / 1_000) - 31 })],
    ['an end far away', () => assertion({ exp: Math.floor(auth.clock.now() / 1_000) + 4_000 })],
    ['a beginning in the future', () => assertion({ nbf: Math.floor(auth.clock.now() / 1_000) + 90 })],
    ['an end as text', () => assertion({ exp: '9999999999' })],
    ['no id', () => assertion({ jti: undefined })],
    ['another key', () => assertion({}, {}, generateKeyPairSync('ed25519').privateKey)],
    ['another algorithm', () => assertion({}, { alg: 'none' })],
    ...['crit', 'b64', 'jku', 'jwk', 'x5u', 'x5c'].map((name): [string, () => string] => [
      `the header ${name}`,
      () => assertion({}, { [name]: 'x' }),
    ]),
    ['a claim that stands twice', () => signed('{"alg":"EdDSA"}', `{"iss":"mailer",${claimsText().slice(1)}`)],
    [
      'a claim that is not UTF-8',
      () => signed('{"alg":"EdDSA"}', Buffer.from(`${claimsText().slice(0, -1)},"x":"\u00ff"}`, 'latin1')),
    ],
    ['a part in another spelling', () => assertion().replace('.', '=.')],
    ['the type of an access token', () => assertion({}, { typ: 'at+jwt' })],
    ['a type that is no text', () => assertion({}, { typ: null })],
    ['an unknown kid', () => assertion({}, { kid: 'other' })],
    ['no signature', () => `${assertion().split('.').slice(0, 2).join('.')}.`],
    ['five parts', () => `${assertion()}.x.y`],
    ['nothing readable', () => 'x'],
  ])('with %s is refused', async (_what, jwt) => {
    const answer = await asRobot(jwt());
    expect([answer.statusCode, answer.json().error]).toEqual([401, 'invalid_client']);
  });

  it('takes each assertion once, also of many at the same time', async () => {
    const jwt = assertion();
    const answers = await Promise.all(Array.from({ length: 10 }, () => asRobot(jwt)));
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
  });
});

describe('token exchange', () => {
  it('gives a service a narrower token to act for the user, which ends with the user’s login', async () => {
    const tokens = await login();
    auth.clock.advance(100_000);
    const answer = await exchange(tokens.access_token, { audience: 'cms', scope: 'content:read' });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({ issued_token_type: ACCESS, token_type: 'Bearer', scope: 'content:read' });
    const before = claimsOf(tokens.access_token);
    const claims = claimsOf(answer.json().access_token);
    expect(claims).toMatchObject({
      aud: 'cms',
      sub: user.id,
      client_id: 'mailer',
      act: { sub: 'mailer' },
      sid: before.sid,
    });
    expect(claims.iat).toBe(before.iat);
    expect(Number(claims.exp)).toBeLessThanOrEqual(Number(before.exp));
    expect(answer.json().expires_in).toBeLessThanOrEqual(800);
    expect((await auth.get('/auth/me', answer.json().access_token)).json().code).toBe('token_invalid');
    await auth.post('/auth/logout', { refresh_token: tokens.refresh_token });
    await auth.revoked(tokens.access_token);
    const state = await ask('introspect', { token: answer.json().access_token }, basic());
    expect(state.json()).toEqual({ active: false });
  });

  it('names all who act, one in the other, and ends with the fourth', async () => {
    let token = (await login()).access_token;
    for (let depth = 1; depth <= 4; depth += 1) {
      const answer = await exchange(token);
      expect(answer.statusCode, answer.body).toBe(200);
      token = answer.json().access_token;
      expect(JSON.stringify(claimsOf(token).act).split('mailer')).toHaveLength(depth + 1);
    }
    expect((await exchange(token)).json().error).toBe('invalid_request');
    expect(claimsOf(token).scope).toBe('content:read assets:read');
  });

  it('lets nobody touch the user’s sessions with it', async () => {
    const { access_token } = (await exchange((await login()).access_token)).json();
    expect(refusal(await auth.get('/auth/sessions', access_token)).code).toBe('forbidden');
    expect(refusal(await auth.send('DELETE', '/auth/sessions', access_token)).code).toBe('forbidden');
    expect(refusal(await auth.post('/auth/switch', { site: A }, access_token)).code).toBe('forbidden');
  });

  it.each<[string, object, string]>([
    ['more than the user may do', { scope: 'site:delete' }, 'invalid_scope'],
    ['more than the service may do', { scope: 'content:edit' }, 'invalid_scope'],
    ['an unknown audience', { audience: 'https://elsewhere.example' }, 'invalid_target'],
    ['another kind of token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    [
      'a wish for another kind',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'invalid_request',
    ],
    ['an actor of its own', { actor_token: 'x' }, 'invalid_request'],
    ['no token', { subject_token: '' }, 'invalid_request'],
    ['garbage', { subject_token: 'a.b.c' }, 'invalid_grant'],
  ])('refuses %s', async (_what, form, error) => {
    const answer = await exchange((await login()).access_token, form);
    expect([answer.statusCode, answer.json().error]).toEqual([400, error]);
  });

  it('refuses refresh tokens, revoked tokens, and services that may not', async () => {
    const tokens = await login();
    expect((await exchange(tokens.refresh_token)).json().error).toBe('invalid_grant');
    const made = (await make({ id: 'plain', scopes: ['content:read'] })).json();
    expect((await exchange(tokens.access_token, {}, basic('plain', made.secret))).json().error).toBe(
      'unauthorized_client',
    );
    await auth.post('/auth/logout', { refresh_token: tokens.refresh_token });
    await auth.revoked(tokens.access_token);
    expect((await exchange(tokens.access_token)).json().error).toBe('invalid_grant');
  });
});

describe('the refresh grant', () => {
  const refresh = (form: object, authorization?: string) =>
    ask('token', { grant_type: 'refresh_token', ...form }, authorization);

  it('rotates, and can ask for less', async () => {
    const { refresh_token } = await login();
    const answer = await refresh({ refresh_token, client_id: 'gaia', scope: 'content:read' });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json().scope).toBe('content:read');
    const again = await refresh({ refresh_token: answer.json().refresh_token });
    expect(again.json().scope).toContain('content:publish');
  });

  it.each<[string, (tokens: Tokens) => object, boolean, number, string]>([
    ['no token', () => ({}), false, 400, 'invalid_request'],
    ['garbage', () => ({ refresh_token: 'x' }), false, 400, 'invalid_grant'],
    ['an access token', (tokens) => ({ refresh_token: tokens.access_token }), false, 400, 'invalid_grant'],
    [
      'another client’s name',
      (tokens) => ({ refresh_token: tokens.refresh_token, client_id: 'mailer' }),
      false,
      400,
      'invalid_grant',
    ],
    ['another client', (tokens) => ({ refresh_token: tokens.refresh_token }), true, 400, 'invalid_grant'],
    [
      'too much',
      (tokens) => ({ refresh_token: tokens.refresh_token, scope: 'site:delete' }),
      false,
      400,
      'invalid_scope',
    ],
  ])('refuses %s, and the session lives', async (_what, form, withClient, status, error) => {
    const tokens = await login();
    const answer = await refresh(form(tokens), withClient ? basic() : undefined);
    expect([answer.statusCode, answer.json().error]).toEqual([status, error]);
    expect((await refresh({ refresh_token: tokens.refresh_token })).statusCode).toBe(200);
  });
});

describe('revocation and introspection', () => {
  it('revoke a session by its refresh token, and one access token alone', async () => {
    const tokens = await login();
    const other = (await auth.post('/auth/refresh', { refresh_token: tokens.refresh_token })).json();
    expect((await ask('revoke', { token: tokens.access_token })).statusCode).toBe(200);
    await auth.revoked(tokens.access_token);
    expect((await auth.get('/auth/me', other.access_token)).statusCode).toBe(200);
    expect((await ask('revoke', { token: other.refresh_token, token_type_hint: 'access_token' })).statusCode).toBe(200);
    await auth.revoked(other.access_token);
    expect((await ask('revoke', { token: 'garbage' })).statusCode).toBe(200);
    expect((await ask('revoke', {})).json().error).toBe('invalid_request');
  });

  it('let nobody revoke what was issued to another client', async () => {
    const own = (await ask('token', { grant_type: 'client_credentials' }, basic())).json().access_token;
    const refused = await ask('revoke', { token: own });
    expect([refused.statusCode, refused.json().error]).toEqual([401, 'invalid_client']);
    const foreign = await ask('revoke', { token: (await login()).access_token }, basic());
    expect([foreign.statusCode, foreign.json().error]).toEqual([400, 'unauthorized_client']);
    expect((await ask('introspect', { token: own }, basic())).json()).toMatchObject({ active: true, sub: 'mailer' });
    expect((await ask('revoke', { token: own }, basic())).statusCode).toBe(200);
    expect((await ask('introspect', { token: own }, basic())).json()).toEqual({ active: false });
  });

  it('tell clients of living tokens, and nobody of anything else', async () => {
    const tokens = await login();
    const introspect = async (token: string) => (await ask('introspect', { token }, basic())).json();
    expect(await introspect(tokens.access_token)).toMatchObject({
      active: true,
      sub: user.id,
      site: A,
      token_type: 'Bearer',
    });
    expect(await introspect(tokens.refresh_token)).toMatchObject({
      active: true,
      sub: user.id,
      token_type: 'refresh_token',
    });
    const next = (await auth.post('/auth/refresh', { refresh_token: tokens.refresh_token })).json();
    expect(await introspect(tokens.refresh_token)).toEqual({ active: false });
    expect(await introspect(next.refresh_token)).toMatchObject({ active: true });
    for (const token of ['garbage', 'a.b.c']) expect(await introspect(token)).toEqual({ active: false });
    expect((await ask('introspect', { token: tokens.access_token })).statusCode).toBe(401);
    expect((await ask('introspect', { token: tokens.access_token }, basic('mailer', 'wrong'))).statusCode).toBe(401);
  });
});

describe('discovery', () => {
  it.each(['oauth-authorization-server', 'openid-configuration'])('at %s has the exact issuer', async (name) => {
    const answer = await auth.get(`/.well-known/${name}`);
    expect(answer.json()).toMatchObject({
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      token_endpoint: `${ISSUER}/oauth/token`,
      grant_types_supported: ['refresh_token', 'client_credentials', EXCHANGE],
    });
  });
});
