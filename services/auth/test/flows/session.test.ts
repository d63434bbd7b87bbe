import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { backends, claimsOf, ISSUER, refusal, startAuth } from '../support/auth-under-test.ts';

describe.each(backends)('a session with state in %s', (backend) => {
  it('is opened, told of, refreshed and ended', async () => {
    await using auth = await startAuth({ backend });
    const user = await auth.member({ site: 'site-a.localhost', roles: ['editor'], name: 'ada' });
    const first = await auth.login({ email: user.email, password: user.password });
    expect(first).toMatchObject({ token_type: 'Bearer', expires_in: 900, refresh_expires_in: 7 * 86_400 });

    const me = await auth.get('/auth/me', first.access_token);
    expect(me.json()).toEqual({
      id: user.id,
      email: 'ada@gaia.test',
      email_verified: false,
      username: 'ada',
      name: 'ada',
      administrator: false,
      site: 'site-a.localhost',
      roles: ['editor'],
      scope: first.scope,
      sites: [{ id: 'site-a.localhost', name: 'site-a.localhost', roles: ['editor'] }],
    });

    auth.clock.advance(5_000);
    const refreshed = await auth.post('/auth/refresh', { refresh_token: first.refresh_token });
    expect(refreshed.statusCode).toBe(200);
    expect(refreshed.headers['cache-control']).toBe('no-store');
    const second = refreshed.json();
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(claimsOf(second.access_token).sid).toBe(claimsOf(first.access_token).sid);

    const logout = await auth.post('/auth/logout', undefined, second.access_token);
    expect(logout.statusCode).toBe(204);
    expect(logout.body).toBe('');
    for (const { access_token } of [first, second]) {
      await auth.revoked(access_token);
    }
    const late = await auth.post('/auth/refresh', { refresh_token: second.refresh_token });
    expect(refusal(late)).toEqual({ status: 401, code: 'token_revoked' });
    expect(late.json().cause).toBe('session_ended');
  });

  it('answers the same successor within the grace, byte for byte', async () => {
    await using auth = await startAuth({ backend });
    const first = await auth.login();
    const answers = [];
    for (const wait of [0, 10_000, 19_000]) {
      auth.clock.advance(wait);
      answers.push((await auth.post('/auth/refresh', { refresh_token: first.refresh_token })).json());
    }
    expect(new Set(answers.map((answer) => answer.refresh_token)).size).toBe(1);
    expect(answers[0].refresh_token).not.toBe(first.refresh_token);
    expect(answers[2].refresh_expires_in).toBe(7 * 86_400 - 29);
  });

  it('ends with reuse after the grace, for every token of it', async () => {
    await using auth = await startAuth({ backend });
    const other = await auth.login();
    const first = await auth.login();
    const second = (await auth.post('/auth/refresh', { refresh_token: first.refresh_token })).json();
    auth.clock.advance(31_000);
    const reuse = await auth.post('/auth/refresh', { refresh_token: first.refresh_token });
    expect(refusal(reuse)).toEqual({ status: 401, code: 'token_revoked' });
    expect(reuse.json().cause).toBe('reuse_detected');
    expect(String(reuse.headers['www-authenticate'])).toMatch(/^Bearer .*error="invalid_token"/);

    const successor = await auth.post('/auth/refresh', { refresh_token: second.refresh_token });
    expect(successor.json()).toMatchObject({ code: 'token_revoked', cause: 'session_ended' });
    await auth.revoked(second.access_token);
    // A family is one login: the user's other one lives.
    expect((await auth.get('/auth/me', other.access_token)).statusCode).toBe(200);
    expect((await auth.post('/auth/refresh', { refresh_token: other.refresh_token })).statusCode).toBe(200);
  });

  it('gives one living successor to many refreshes at a time', async () => {
    await using auth = await startAuth({ backend });
    const { refresh_token } = await auth.login();
    const answers = await Promise.all(Array.from({ length: 20 }, () => auth.post('/auth/refresh', { refresh_token })));
    expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.json().refresh_token)).size).toBe(1);
  });

  it('logs out with either token or both, once or twice, and never with a foreign one', async () => {
    await using auth = await startAuth({ backend });
    const one = await auth.login();
    expect((await auth.post('/auth/logout', { refresh_token: one.refresh_token })).statusCode).toBe(204);
    expect((await auth.post('/auth/logout', { refresh_token: one.refresh_token })).statusCode).toBe(204);
    expect((await auth.post('/auth/logout', undefined, one.access_token)).statusCode).toBe(204);
    await auth.revoked(one.access_token);
    const { sequence } = await auth.state.revocations.head();

    const two = await auth.login();
    const three = await auth.login();
    expect((await auth.post('/auth/logout', { refresh_token: two.refresh_token }, three.access_token)).statusCode).toBe(
      204,
    );
    for (const { access_token } of [two, three]) {
      await auth.revoked(access_token);
    }
    // Repetitions have added nothing to the feed.
    expect((await auth.state.revocations.head()).sequence).toBe(sequence + 2);
    const four = await auth.login();
    const forged = await auth.post('/auth/logout', { refresh_token: 'a.b.c' }, four.access_token);
    expect(refusal(forged)).toEqual({ status: 401, code: 'token_malformed' });
    expect((await auth.get('/auth/me', four.access_token)).statusCode).toBe(200);
  });
});

describe('tokens', () => {
  it('are whole RFC 9068 access tokens that a stranger verifies with the published keys', async () => {
    await using auth = await startAuth();
    const user = await auth.member({ site: 'site-a.localhost', roles: ['author'] });
    const { access_token } = await auth.login({ username: user.username, password: user.password });
    const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`), {
      [customFetch]: async () => {
        const answer = await auth.get('/.well-known/jwks.json');
        return new Response(answer.body, { status: answer.statusCode });
      },
    });
    const { payload, protectedHeader } = await jwtVerify(access_token, keys, {
      issuer: ISSUER,
      audience: 'gaia',
      typ: 'at+jwt',
      algorithms: ['RS256'],
      currentDate: new Date(auth.clock.now()),
    });
    const now = Math.floor(auth.clock.now() / 1_000);
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({
      sub: user.id,
      client_id: 'gaia',
      site: 'site-a.localhost',
      roles: ['author'],
      scope: 'content:read assets:read content:write assets:write',
      amr: ['pwd'],
      jti: expect.stringMatching(/^[\w-]{22}$/),
      sid: expect.stringMatching(/^[\w-]{22}$/),
    });
    expect(payload.iat).toBeGreaterThanOrEqual(now);
    expect(payload.iat).toBeLessThanOrEqual(now + 1);
    expect(payload.nbf).toBe(now);
    expect(payload.auth_time).toBe(now);
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900);
  });

  it('end of themselves: the access token, the idle session, the whole session', async () => {
    await using auth = await startAuth({
      env: { ACCESS_TOKEN_SECONDS: '60', REFRESH_IDLE_SECONDS: '1000', REFRESH_ABSOLUTE_SECONDS: '1500' },
    });
    const first = await auth.login();
    expect(first).toMatchObject({ expires_in: 60, refresh_expires_in: 1_000 });
    auth.clock.advance(100_000);
    expect(refusal(await auth.get('/auth/me', first.access_token))).toEqual({ status: 401, code: 'token_expired' });

    auth.clock.advance(800_000);
    const second = (await auth.post('/auth/refresh', { refresh_token: first.refresh_token })).json();
    expect(second.refresh_expires_in).toBe(600);
    auth.clock.advance(600_000);
    const over = await auth.post('/auth/refresh', { refresh_token: second.refresh_token });
    expect(over.json()).toMatchObject({ code: 'token_expired', cause: 'session_over' });

    const idle = await auth.login();
    auth.clock.advance(1_000_000);
    const late = await auth.post('/auth/refresh', { refresh_token: idle.refresh_token });
    expect(late.json()).toMatchObject({ code: 'token_expired', cause: 'idle' });
    // What has ended by itself can still be logged out of.
    expect((await auth.post('/auth/logout', { refresh_token: idle.refresh_token })).statusCode).toBe(204);
  });
});
