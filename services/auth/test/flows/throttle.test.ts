import { describe, expect, it } from 'vitest';
import { ADMIN, type AuthUnderTest, backends, startAuth } from '../support/auth-under-test.ts';

function guess(auth: AuthUnderTest, body: object, address: string) {
  return auth.app.inject({
    method: 'POST',
    url: '/auth/login',
    headers: { 'x-forwarded-for': address },
    payload: { password: 'a wrong guess', ...body },
  });
}

describe.each(backends)('guessing with state in %s', (backend) => {
  it('at one account is stopped, and its owner gets in from elsewhere', async () => {
    await using auth = await startAuth({ backend });
    const statuses = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      // Another spelling is no other account.
      const email = attempt % 2 === 0 ? ADMIN.email : ADMIN.email.toUpperCase();
      statuses.push((await guess(auth, { email }, '198.51.100.7')).statusCode);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const right = await guess(auth, ADMIN, '198.51.100.7');
    expect(right.statusCode).toBe(429);
    expect(right.json().code).toBe('rate_limited');
    expect(Number(right.headers['retry-after'])).toBe(900);
    expect((await guess(auth, ADMIN, '203.0.113.9')).statusCode).toBe(200);

    auth.clock.advance(900_000);
    expect((await guess(auth, ADMIN, '198.51.100.7')).statusCode).toBe(200);
  });

  it('at many accounts is stopped by address', async () => {
    await using auth = await startAuth({ backend });
    const answers = await Promise.all(
      Array.from({ length: 110 }, (_, index) => guess(auth, { email: `u${index}@gaia.test` }, '2001:db8:1:2::1')),
    );
    expect(answers.filter((answer) => answer.statusCode === 429)).toHaveLength(10);
    // The customer's whole network counts as one.
    expect((await guess(auth, ADMIN, '2001:db8:1:2:ffff::9')).statusCode).toBe(429);
    expect((await guess(auth, ADMIN, '2001:db8:1:3::1')).statusCode).toBe(200);
  });
});

describe('the limit', () => {
  it('counts no login that succeeds', async () => {
    await using auth = await startAuth();
    for (let attempt = 0; attempt < 105; attempt += 1) {
      expect((await guess(auth, ADMIN, '198.51.100.7')).statusCode).toBe(200);
    }
  });

  it('can be switched off', async () => {
    await using auth = await startAuth({ env: { RATE_LIMIT: 'off' } });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      expect((await guess(auth, { email: ADMIN.email }, '198.51.100.7')).statusCode).toBe(401);
    }
  });
});
