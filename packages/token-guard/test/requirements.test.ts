import { createTestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { describe, expect, it } from 'vitest';
import { requireFresh, requireRecent, requireRole, requireScope, requireSite } from '../src/requirements.ts';
import { createFakeFeed } from './fake-feed.ts';
import { guardedApp } from './guarded-app.ts';

// A clock that stands: a slow machine must not make an authentication older.
const startedAt = Date.now();
const issuer = await createTestIssuer({ now: () => startedAt });
const reply = async () => 'done';

async function answerOf(url: string, request: TokenRequest | undefined) {
  const { app } = await guardedApp(issuer, (scope) => {
    scope.get('/one', { onRequest: requireScope('content:write') }, reply);
    scope.get('/both', { preHandler: requireScope('content:write', 'users:manage') }, reply);
    scope.get('/role', { onRequest: requireRole('admin', 'owner') }, reply);
    scope.get('/sites/:site/things', { onRequest: requireSite() }, reply);
    scope.get('/places/:place', { onRequest: requireSite('place') }, reply);
    scope.get('/recent', { onRequest: requireRecent({ maxAge: 300, now: issuer.now }) }, reply);
    scope.get('/nameless', { onRequest: requireSite() }, reply);
    scope.get(
      '/chain/:site',
      { onRequest: [requireSite(), requireScope('content:write'), requireRole('author')] },
      reply,
    );
  });
  const answer = await app.inject({ url, headers: request === undefined ? {} : issuer.headersFor(request) });
  await app.close();
  const code = answer.statusCode === 200 ? 'ok' : answer.json().code;
  const { message } = answer.statusCode === 200 ? { message: '' } : answer.json();
  return { status: answer.statusCode, code, challenge: answer.headers['www-authenticate'], message };
}

/** A user's token, so many seconds after they have authenticated. */
function authenticated(age: number | undefined) {
  return { claims: { auth_time: age === undefined ? undefined : Math.floor(issuer.now() / 1_000) - age } };
}

describe('a requirement', () => {
  it.each<readonly [string, string, TokenRequest | undefined, string]>([
    ['the scope is held', '/one', { scope: 'content:read content:write' }, 'ok'],
    ['the scope is held alone', '/one', { scope: 'content:write' }, 'ok'],
    ['another scope is held', '/one', { scope: 'content:read' }, 'insufficient_scope'],
    ['no scope is held', '/one', { scope: '' }, 'insufficient_scope'],
    ['a longer scope is held', '/one', { scope: 'content:write:all' }, 'insufficient_scope'],
    ['a shorter scope is held', '/one', { scope: 'content' }, 'insufficient_scope'],
    ['the scope is held in capitals', '/one', { scope: 'CONTENT:WRITE' }, 'insufficient_scope'],
    ['the scope is the name of a role', '/one', { scope: '', roles: ['content:write'] }, 'insufficient_scope'],
    ['both scopes are held', '/both', { scope: 'users:manage content:write' }, 'ok'],
    ['one of two scopes is held', '/both', { scope: 'content:write' }, 'insufficient_scope'],
    ['one role is held', '/role', { role: 'admin' }, 'ok'],
    ['the other role is held', '/role', { role: 'owner' }, 'ok'],
    ['another role is held', '/role', { role: 'editor' }, 'forbidden'],
    ['no role is held', '/role', { roles: [] }, 'forbidden'],
    ['the site is the one of the path', '/sites/site-a.localhost/things', {}, 'ok'],
    ['the site is another', '/sites/site-b.localhost/things', {}, 'forbidden'],
    ['the site is written otherwise', '/sites/SITE-A.localhost/things', {}, 'forbidden'],
    ['the token has no site', '/sites/site-a.localhost/things', { site: null }, 'forbidden'],
    ['the parameter has another name', '/places/site-a.localhost', {}, 'ok'],
    ['the path has no site', '/nameless', {}, 'forbidden'],
    ['neither path nor token has a site', '/nameless', { site: null }, 'forbidden'],
    ['everything is held', '/chain/site-a.localhost', { role: 'author' }, 'ok'],
    ['the last is not held', '/chain/site-a.localhost', { role: 'editor' }, 'forbidden'],
    ['the user has just authenticated', '/recent', authenticated(0), 'ok'],
    ['the user has authenticated long enough ago', '/recent', authenticated(298), 'ok'],
    ['the user has authenticated too long ago', '/recent', authenticated(302), 'insufficient_user_authentication'],
    ['a user token without auth_time', '/recent', authenticated(undefined), 'insufficient_user_authentication'],
    [
      'an actor of a recently authenticated user',
      '/recent',
      { claims: { ...authenticated(0).claims, act: { sub: 'x' } } },
      'insufficient_user_authentication',
    ],
    ['a service calls for itself', '/recent', { role: 'service' }, 'ok'],
    [
      'a service acts for a service',
      '/recent',
      { role: 'service', claims: { act: { sub: 'x' } } },
      'insufficient_user_authentication',
    ],
    ['there is no token', '/one', undefined, 'token_missing'],
  ])('where %s (%s)', async (_, url, request, code) => {
    expect((await answerOf(url, request)).code).toBe(code);
  });

  it('says how recent an authentication is needed (RFC 9470 §3)', async () => {
    expect(await answerOf('/recent', authenticated(302))).toMatchObject({
      status: 401,
      challenge:
        'Bearer realm="gaia", error="insufficient_user_authentication", error_description="more recent authentication is required", max_age="300"',
    });
  });

  it('says which scope is needed (RFC 6750 §3.1)', async () => {
    expect(await answerOf('/both', { scope: 'content:write' })).toEqual({
      message: 'Needed: content:write users:manage.',
      status: 403,
      code: 'insufficient_scope',
      challenge:
        'Bearer realm="gaia", error="insufficient_scope", error_description="the token does not have the needed scope", scope="content:write users:manage"',
    });
  });

  it('is forbidden without a challenge where another token would not help', async () => {
    expect(await answerOf('/sites/site-b.localhost/things', {})).toMatchObject({
      message: 'The access token is for another site.',
      challenge: undefined,
    });
    expect(await answerOf('/role', { role: 'member' })).toMatchObject({
      status: 403,
      code: 'forbidden',
      challenge: undefined,
    });
  });
});

describe('requireFresh', () => {
  it('refuses while revocations of the last seconds may be missing', async () => {
    let shift = 0;
    const startedAt = Date.now();
    const now = () => startedAt + shift;
    const own = await createTestIssuer({ signingKey: issuer.key, now });
    const feed = createFakeFeed(now);
    const { app, guard } = await guardedApp(
      own,
      (scope, guard) => scope.get('/fresh', { onRequest: requireFresh(guard, { maxAge: 60 }) }, reply),
      { feed },
    );
    const ask = async (url: string) => app.inject({ url, headers: own.headersFor() });
    expect((await ask('/fresh')).statusCode).toBe(200);
    feed.setFailing(true);
    shift += 60_000;
    expect((await ask('/fresh')).statusCode).toBe(200);
    shift += 1;
    const refused = await ask('/fresh');
    expect([refused.statusCode, refused.json().code, refused.headers['retry-after']]).toEqual([
      503,
      'revocations_stale',
      '1',
    ]);
    expect((await ask('/whoami')).statusCode).toBe(200);
    expect(guard.revocations?.status().ageMs).toBe(60_001);
    await app.close();
  });

  it('refuses as long as no revocation was ever read', async () => {
    const feed = createFakeFeed(Date.now);
    feed.setFailing(true);
    const { app } = await guardedApp(
      issuer,
      (scope, guard) => scope.get('/fresh', { onRequest: requireFresh(guard, { maxAge: 60 }) }, reply),
      { feed },
    );
    expect((await app.inject({ url: '/fresh', headers: issuer.headersFor() })).json().code).toBe('revocations_stale');
    await app.close();
  });

  it('cannot be asked for without a feed, or without an age', async () => {
    const { app, guard } = await guardedApp(issuer);
    expect(() => requireFresh(guard, { maxAge: 5 })).toThrow(TypeError);
    await app.close();
    const followed = await guardedApp(issuer, undefined, { feed: createFakeFeed(Date.now) });
    expect(() => requireFresh(followed.guard, { maxAge: 0 })).toThrow(RangeError);
    expect(() => requireFresh(followed.guard, { maxAge: Number.NaN })).toThrow(RangeError);
    await followed.app.close();
  });
});
