import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { siteRoles } from '@gaia/tokens/scopes';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callerRoles } from '../src/caller.ts';
import { createTestIssuer, type TokenRequest } from '../src/issuer.ts';

const issuer = await createTestIssuer();

function decoded(token: string) {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString() || 'null'));
  return { header, payload };
}

function isSignedBy(token: string, jwk: object): boolean {
  const at = token.lastIndexOf('.');
  const key = createPublicKey({ key: jwk as never, format: 'jwk' });
  return verify('RSA-SHA256', Buffer.from(token.slice(0, at)), key, Buffer.from(token.slice(at + 1), 'base64url'));
}

describe('a token', () => {
  it('is a whole access token (RFC 9068 §2)', () => {
    const token = issuer.tokenFor({ role: 'editor', subject: 'u1' });
    const { header, payload } = decoded(token);
    expect(header).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: issuer.key.kid });
    expect(payload).toMatchObject({
      iss: 'http://localhost:8080',
      aud: 'gaia',
      sub: 'u1',
      client_id: 'gaia',
      site: 'site-a.localhost',
      roles: ['editor'],
      scope: siteRoles.editor.join(' '),
      amr: ['pwd'],
    });
    expect(payload.exp - payload.iat).toBe(900);
    expect(isSignedBy(token, issuer.key.publicJwk)).toBe(true);
  });

  it('is another one every time', () => {
    const [first, second] = [decoded(issuer.tokenFor()).payload, decoded(issuer.tokenFor()).payload];
    for (const claim of ['jti', 'sub', 'sid']) expect(first[claim]).not.toBe(second[claim]);
  });

  it.each(callerRoles)('can be had for the role %s', (role) => {
    const { payload } = decoded(issuer.tokenFor({ role }));
    expect(payload.scope).toMatch(/^[a-z]+:[a-z]+(?: [a-z]+:[a-z]+)*$/);
    expect('sid' in payload).toBe(role !== 'service');
    expect('site' in payload).toBe(role !== 'service');
  });

  it.each<readonly [string, TokenRequest, object]>([
    ['a scope as text', { scope: 'a b' }, { scope: 'a b' }],
    ['a scope as a list', { scope: ['a', 'b'] }, { scope: 'a b' }],
    ['roles', { roles: ['x'] }, { roles: ['x'] }],
    ['a site', { site: 'site-b.localhost' }, { site: 'site-b.localhost' }],
    ['a session', { sessionId: 's1' }, { sid: 's1' }],
    ['an audience', { audience: ['a', 'b'] }, { aud: ['a', 'b'] }],
    ['a client', { clientId: 'cli' }, { client_id: 'cli' }],
    ['any claim', { role: 'owner', claims: { sub: 'over', extra: 1 } }, { sub: 'over', extra: 1 }],
    ['a service', { role: 'service', clientId: 'search' }, { sub: 'search', client_id: 'search', roles: [] }],
  ])('can be given %s', (_, request, expected) => {
    expect(decoded(issuer.tokenFor(request)).payload).toMatchObject(expected);
  });

  it('can go without a claim or a parameter', () => {
    const { header, payload } = decoded(
      issuer.tokenFor({ site: null, sessionId: null, claims: { exp: undefined }, header: { kid: undefined } }),
    );
    for (const claim of ['site', 'sid', 'exp']) expect(payload).not.toHaveProperty(claim);
    expect(header).not.toHaveProperty('kid');
  });

  it('can be had as headers', () => {
    expect(issuer.headersFor().authorization).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe('the clock', () => {
  it('starts where it is told and can be moved', async () => {
    const startAt = Date.parse('2030-01-01T00:00:00Z');
    const early = await createTestIssuer({ startAt, now: () => 5_000, signingKey: issuer.key });
    expect(early.now()).toBe(startAt);
    early.travel(90);
    expect(decoded(early.tokenFor()).payload.iat).toBe(startAt / 1_000 + 90);
    early.travel(-100);
    expect(early.now()).toBe(startAt - 10_000);
  });
});

describe('the keys', () => {
  it('can be rotated and removed', async () => {
    const own = await createTestIssuer();
    const first = own.key.kid;
    const second = own.rotate();
    expect(own.jwks().keys.map((key) => key.kid)).toEqual([first, second.kid]);
    expect(decoded(own.tokenFor()).header.kid).toBe(second.kid);
    own.remove(first);
    expect(own.jwks().keys.map((key) => key.kid)).toEqual([second.kid]);
    own.remove();
    expect(own.jwks().keys).toEqual([]);
  });

  it('never show their private half', () => {
    expect(Object.keys(issuer.jwks().keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('can be one that a service trusts already', async () => {
    const own = await createTestIssuer({ signingKey: { privateKey: issuer.key.privateKey, kid: 'known' } });
    expect(decoded(own.tokenFor()).header.kid).toBe('known');
    expect(isSignedBy(own.tokenFor(), issuer.key.publicJwk)).toBe(true);
  });

  it('must be RSA', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    await expect(createTestIssuer({ signingKey: { privateKey } })).rejects.toThrow(TypeError);
  });
});

describe('the published document', () => {
  it('is served to fetch, with an ETag and freshness', async () => {
    const own = await createTestIssuer({ signingKey: issuer.key });
    const answer = await own.fetch(own.jwksUrl);
    expect(await answer.json()).toEqual(own.jwks());
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const again = await own.fetch(own.jwksUrl, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    own.setOutage(true);
    expect((await own.fetch(own.jwksUrl)).status).toBe(503);
    expect(own.fetches()).toBe(3);
  });

  it('is all that fetch gives', async () => {
    await expect(issuer.fetch('http://localhost:8080/else')).rejects.toThrow(TypeError);
  });

  it('is served over HTTP', async () => {
    const own = await createTestIssuer({ signingKey: issuer.key });
    const server = await own.listen();
    onTestFinished(() => server.close());
    expect(await (await fetch(server.url)).json()).toEqual(own.jwks());
    expect((await fetch(new URL('/else', server.url))).status).toBe(404);
    own.setOutage(true);
    expect((await fetch(server.url)).status).toBe(503);
  });
});
