import { loadSettings } from '@gaia/settings';
import { createTestIssuer } from '@gaia/testing/issuer';
import Fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGuard } from '../src/guard.ts';
import { guardSettings } from '../src/guard-settings.ts';
import { identityOf, tokenGuard } from '../src/plugin.ts';
import { requireIdentity, requireRole, requireScope } from '../src/requirements.ts';
import { createFakeFeed } from './fake-feed.ts';
import { guardedApp } from './guarded-app.ts';

const signingKey = (await createTestIssuer()).key;

describe('a guarded route', () => {
  it('sees the identity of the caller', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer);
    const answer = await app.inject({ url: '/whoami', headers: issuer.headersFor({ role: 'author', subject: 'u1' }) });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ sub: 'u1', roles: ['author'], site: 'site-a.localhost' });
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  });

  it('names Authorization beside whatever else its answers vary by, refusals included', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer);
    expect((await app.inject({ url: '/whoami', headers: issuer.headersFor() })).headers.vary).toBe('authorization');
    expect((await app.inject('/whoami')).headers.vary).toBe('authorization');
    const guard = createGuard(loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl }), {
      fetch: issuer.fetch,
      now: issuer.now,
    });
    const other = Fastify();
    onTestFinished(() => other.close());
    other.addHook('onRequest', async (_request, reply) => void reply.header('vary', 'origin'));
    await other.register(tokenGuard, { guard, optionalIdentity: true });
    other.get('/', async () => 'open');
    expect((await other.inject('/')).headers.vary).toBe('origin, authorization');
  });

  it.each([
    ['no token', {}, 'token_missing', 'Bearer realm="gaia"'],
    ['another scheme', { authorization: 'Basic eDp5' }, 'token_missing', 'Bearer realm="gaia"'],
    [
      'no token at all in it',
      { authorization: 'Bearer' },
      'token_malformed',
      'Bearer realm="gaia", error="invalid_token", error_description="the Authorization header is not Bearer and one token"',
    ],
    [
      'half a token',
      { authorization: 'Bearer e30.e30' },
      'token_malformed',
      'Bearer realm="gaia", error="invalid_token", error_description="the token does not have three parts"',
    ],
  ])('answers %s with 401 and the challenge of RFC 6750', async (_, headers, code, challenge) => {
    const { app } = await guardedApp(await createTestIssuer({ signingKey }));
    const answer = await app.inject({ url: '/whoami', headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ code, message: expect.stringMatching(/^[A-Z][^.]*\.$/) });
    expect(answer.headers['www-authenticate']).toBe(challenge);
  });

  it('answers an expired token with token_expired, a revoked one with token_revoked', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const feed = createFakeFeed(issuer.now);
    const { app } = await guardedApp(issuer, undefined, { feed });
    const headers = issuer.headersFor({ sessionId: 's1' });
    expect((await app.inject({ url: '/whoami', headers })).statusCode).toBe(200);
    feed.add({ kind: 'sid', id: 's1' });
    const revoked = await app.inject({ url: '/whoami', headers });
    expect([revoked.statusCode, revoked.json().code]).toEqual([401, 'token_revoked']);
    expect(revoked.headers['www-authenticate']).toContain('error_description="the session of the token has ended"');
    const expired = await app.inject({ url: '/whoami', headers: issuer.headersFor({ expiresIn: -60 }) });
    expect([expired.statusCode, expired.json().code]).toEqual([401, 'token_expired']);
  });

  it('answers 503 until the first keys are fetched', async () => {
    const issuer = await createTestIssuer({ signingKey });
    issuer.setOutage(true);
    const { app } = await guardedApp(issuer);
    const answer = await app.inject({ url: '/whoami', headers: issuer.headersFor() });
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([
      503,
      'keys_unavailable',
      '1',
    ]);
    const forged = await app.inject({ url: '/whoami', headers: { authorization: 'Bearer x.y.z' } });
    expect(forged.statusCode).toBe(401);
  });

  it('waits for a key that it does not know yet', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer);
    issuer.rotate();
    expect((await app.inject({ url: '/whoami', headers: issuer.headersFor() })).statusCode).toBe(200);
    const unknown = issuer.headersFor({ header: { kid: 'invented' } });
    const refused = await app.inject({ url: '/whoami', headers: unknown });
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'token_invalid']);
  });

  it('never runs its handler, nor reads a body, for a refused request', async () => {
    let runs = 0;
    const { app } = await guardedApp(await createTestIssuer({ signingKey }), (scope) => {
      scope.post('/things', async () => {
        runs += 1;
      });
    });
    const answer = await app.inject({
      method: 'POST',
      url: '/things',
      payload: '{"broken',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(401);
    expect(runs).toBe(0);
  });

  it('hands on what is not about tokens as it is', async () => {
    const app = Fastify();
    const broken = {
      check: () => {
        throw new Error('out of order');
      },
    };
    app.register(async (scope) => {
      await scope.register(tokenGuard, { guard: { verifier: broken as never } });
      scope.get('/', async () => 'never');
    });
    const answer = await app.inject({ url: '/', headers: { authorization: 'Bearer x' } });
    expect([answer.statusCode, answer.json().message]).toEqual([500, 'out of order']);
  });

  it('keeps two callers on one connection apart', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer);
    const subjects = Array.from({ length: 20 }, (_, index) => `u${index}`);
    const answers = await Promise.all(
      subjects.map((subject) => app.inject({ url: '/whoami', headers: issuer.headersFor({ subject }) })),
    );
    expect(answers.map((answer) => answer.json().sub)).toEqual(subjects);
  });
});

describe('an app with an error handler of its own', () => {
  it('sends the challenge all the same', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer, (scope) => {
      scope.setErrorHandler((_error, _request, reply) => reply.code(418).send('mine'));
      scope.get('/scoped', { onRequest: requireScope('users:manage') }, async () => 'never');
      scope.get('/mine', { onRequest: requireRole('owner') }, async () => 'never');
    });
    const missing = await app.inject({ url: '/whoami' });
    expect([missing.statusCode, missing.headers['www-authenticate']]).toEqual([418, 'Bearer realm="gaia"']);
    const scoped = await app.inject({ url: '/scoped', headers: issuer.headersFor() });
    expect(scoped.headers['www-authenticate']).toContain('error="insufficient_scope"');
    const mine = await app.inject({ url: '/mine', headers: issuer.headersFor() });
    expect([mine.statusCode, mine.headers['www-authenticate']]).toEqual([418, undefined]);
  });
});

describe('the scope of the guard', () => {
  async function appWithScopes() {
    const issuer = await createTestIssuer({ signingKey });
    const guard = createGuard(loadSettings(guardSettings, { JWKS_URL: issuer.jwksUrl }), { fetch: issuer.fetch });
    onTestFinished(() => guard.close());
    const app = Fastify();
    app.get('/open', async (request) => ({ sub: request.identity?.subject ?? 'anonymous' }));
    app.get('/forgotten', async (request) => identityOf(request).subject);
    app.register(async (scope) => {
      await scope.register(tokenGuard, { guard });
      scope.get('/closed', async (request) => ({ sub: identityOf(request).subject }));
      scope.register(async (inner) => {
        inner.get('/closed/inner', async (request) => ({ sub: identityOf(request).subject }));
      });
    });
    app.register(async (scope) => {
      await scope.register(tokenGuard, { guard, optionalIdentity: true });
      scope.get('/optional', async (request) => ({ sub: request.identity?.subject ?? 'anonymous' }));
      scope.get('/optional/but-not-here', { onRequest: requireIdentity() }, async (request) => ({
        sub: request.identity?.subject ?? 'anonymous',
      }));
      scope.register(async (inner) => {
        await inner.register(tokenGuard, { guard });
        inner.get('/optional/closed', async (request) => ({ sub: identityOf(request).subject }));
      });
    });
    return { app, issuer };
  }

  it.each([
    ['/open', 200],
    ['/closed', 401],
    ['/closed/inner', 401],
    ['/optional', 200],
    ['/optional/but-not-here', 401],
    ['/optional/closed', 401],
    ['/forgotten', 401],
    ['/nowhere', 404],
  ])('%s without a token answers %i', async (url, status) => {
    const { app } = await appWithScopes();
    expect((await app.inject({ url })).statusCode).toBe(status);
  });

  it.each([
    ['/open', 200, 'anonymous'],
    ['/closed', 200, 'u1'],
    ['/closed/inner', 200, 'u1'],
    ['/optional', 200, 'u1'],
    ['/optional/but-not-here', 200, 'u1'],
    ['/optional/closed', 200, 'u1'],
    ['/forgotten', 401, undefined],
  ])('%s with a token answers %i as %s', async (url, status, sub) => {
    const { app, issuer } = await appWithScopes();
    const answer = await app.inject({ url, headers: issuer.headersFor({ subject: 'u1' }) });
    expect([answer.statusCode, answer.json().sub]).toEqual([status, sub]);
  });

  it.each([
    ['a bad token', 'Bearer x.y.z'],
    ['an empty header', ''],
    ['another scheme', 'Basic eDp5'],
    ['half a header', 'Bearer'],
  ])('where identity is optional, %s is refused all the same', async (_, authorization) => {
    const { app } = await appWithScopes();
    expect((await app.inject({ url: '/optional', headers: { authorization } })).statusCode).toBe(401);
  });
});

describe('the identity of a request', () => {
  it('is part of every request of the scope from its beginning', async () => {
    let decorated = false;
    await guardedApp(await createTestIssuer({ signingKey }), (scope) => {
      decorated = scope.hasRequestDecorator('identity');
    });
    expect(decorated).toBe(true);
  });
});

describe('two Authorization headers', () => {
  it('are seen although node:http drops the second', async () => {
    const issuer = await createTestIssuer({ signingKey });
    const { app } = await guardedApp(issuer);
    const { authorization } = issuer.headersFor();
    const headers: Record<string, string[]> = { authorization: [authorization, authorization] };
    const repeated = await app.inject({ url: '/whoami', headers });
    expect([repeated.statusCode, repeated.json().code]).toEqual([401, 'token_malformed']);
  });
});
