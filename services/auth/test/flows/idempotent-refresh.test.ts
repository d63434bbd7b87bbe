import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type AuthUnderTest, backends, startAuth, type Tokens } from '../support/auth-under-test.ts';

const HOUR = 3_600_000;
const A = 'a.gaia.test';
const newKey = () => randomBytes(32).toString('base64url');

describe.each(backends)('a refresh with an Idempotency-Key, with state in %s', (backend) => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth({ backend });
    const { access_token } = await auth.login();
    await auth.post('/auth/sites', { id: A, name: 'A' }, access_token);
  });
  afterAll(() => auth[Symbol.asyncDispose]());

  async function send(url: string, body: object, key?: string, token?: string): Promise<Answer> {
    const isForm = url.startsWith('/oauth');
    return (await auth.app.inject({
      method: 'POST',
      url,
      headers: {
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      },
      payload: isForm ? new URLSearchParams(Object.entries(body)).toString() : body,
    })) as Answer;
  }

  const refresh = (refresh_token: string, key?: string) => send('/auth/refresh', { refresh_token }, key);
  const refusal = ({ statusCode, json }: Answer) => [statusCode, json().code, json().cause];
  const successor = (answer: Answer): string => {
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json().refresh_token;
  };

  it('gives an hour after a lost response the same successor, and the session goes on', async () => {
    const { refresh_token } = await auth.login();
    const key = newKey();
    const lost = successor(await refresh(refresh_token, key));
    auth.clock.advance(HOUR);
    expect(successor(await refresh(refresh_token, key))).toBe(lost);
    expect(successor(await refresh(refresh_token, `"${key}"`))).toBe(lost);
    expect(successor(await refresh(lost, newKey()))).not.toBe(lost);
  });

  const ways: [string, (tokens: Tokens, key: string) => Promise<Answer>][] = [
    [
      '/oauth/token',
      ({ refresh_token }, key) => send('/oauth/token', { grant_type: 'refresh_token', refresh_token }, key),
    ],
    [
      '/auth/switch',
      ({ refresh_token, access_token }, key) => send('/auth/switch', { site: A, refresh_token }, key, access_token),
    ],
  ];
  it.each(ways)('does so at %s', async (_url, trade) => {
    const tokens = await auth.login();
    const key = newKey();
    const lost = successor(await trade(tokens, key));
    auth.clock.advance(10 * 60_000);
    expect(successor(await trade(tokens, key))).toBe(lost);
    expect(successor(await refresh(tokens.refresh_token, key))).toBe(lost);
  });

  it('refuses the key once the successor was used, and ends nothing', async () => {
    const { refresh_token } = await auth.login();
    const key = newKey();
    const second = successor(await refresh(refresh_token, key));
    const third = successor(await refresh(second, newKey()));
    auth.clock.advance(HOUR);
    expect(refusal(await refresh(refresh_token, key))).toEqual([401, 'token_invalid', 'superseded']);
    expect((await refresh(third, newKey())).statusCode).toBe(200);
  });

  const thieves: [string, () => string | undefined][] = [
    ['no key', () => undefined],
    ['a key of their own', newKey],
  ];
  it.each(thieves)('ends the session for an old token with %s', async (_what, key) => {
    const { refresh_token, access_token } = await auth.login();
    const second = successor(await refresh(refresh_token, newKey()));
    auth.clock.advance(31_000);
    expect(refusal(await refresh(refresh_token, key()))).toEqual([401, 'token_revoked', 'reuse_detected']);
    expect(refusal(await refresh(second, newKey()))).toEqual([401, 'token_revoked', 'session_ended']);
    await auth.revoked(access_token);
  });

  it('ends the session for a key of another session', async () => {
    const [mine, theirs] = [await auth.login(), await auth.login()];
    const key = newKey();
    await refresh(mine.refresh_token, key);
    await refresh(theirs.refresh_token, newKey());
    auth.clock.advance(31_000);
    expect(refusal(await refresh(theirs.refresh_token, key))).toEqual([401, 'token_revoked', 'reuse_detected']);
  });

  it.each(['', 'short', 'k'.repeat(21), 'k'.repeat(129), `${'k'.repeat(30)} `, `"${'k'.repeat(30)}`, 'ключ'.repeat(8)])(
    'refuses the key %j before the token is used',
    async (key) => {
      const { refresh_token } = await auth.login();
      expect(refusal(await refresh(refresh_token, key)).slice(0, 2)).toEqual([400, 'validation_failed']);
      const form = await send('/oauth/token', { grant_type: 'refresh_token', refresh_token }, key);
      expect([form.statusCode, form.json().error]).toEqual([400, 'invalid_request']);
      auth.clock.advance(HOUR);
      expect((await refresh(refresh_token, newKey())).statusCode).toBe(200);
    },
  );

  it('keeps keys out of the log', async () => {
    const { refresh_token } = await auth.login();
    const key = newKey();
    await refresh(refresh_token, key);
    expect(auth.logged()).not.toContain(key);
  });
});

it('tells clients how long a used token may be repeated without a key', async () => {
  for (const [seconds, expected] of [
    ['0', 0],
    ['30', 30],
  ] as const) {
    await using auth = await startAuth({ env: { REFRESH_GRACE_SECONDS: seconds } });
    expect(await auth.login()).toMatchObject({ refresh_grace_seconds: expected });
  }
});
