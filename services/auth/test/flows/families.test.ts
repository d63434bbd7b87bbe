import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthUnderTest, backends, claimsOf, startAuth, type Tokens } from '../support/auth-under-test.ts';

/** `FAMILY_ROUNDS=200` for the long version. */
const rounds = Number(process.env.FAMILY_ROUNDS ?? 4);
const runs = Number(process.env.FAMILY_RUNS ?? 12);
const PARALLEL = 50;

type Step =
  | { readonly kind: 'refresh'; readonly which: number; readonly times: number }
  | { readonly kind: 'logout'; readonly which: number }
  | { readonly kind: 'wait'; readonly seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('refresh' as const),
      which: fc.nat(3),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logout' as const), which: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 29, 31) }) },
);

describe.each(backends)('a family over HTTP with state in %s', (backend) => {
  let auth: AuthUnderTest;
  let origin: string;
  beforeAll(async () => {
    auth = await startAuth({ backend, env: { RATE_LIMIT: 'off' } });
    origin = await auth.app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => auth[Symbol.asyncDispose]());
  const refresh = (refreshToken: string) => auth.post('/auth/refresh', { refresh_token: refreshToken });
  const refreshOverSocket = (refresh_token: string) =>
    fetch(`${origin}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token }),
    });
  const seqOf = (refreshToken: string) => Number(claimsOf(refreshToken).seq);

  it(`gives ${PARALLEL} parallel refreshes one successor, round after round`, { timeout: 600_000 }, async () => {
    let tokens = await auth.login();
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: PARALLEL }, () => refreshOverSocket(tokens.refresh_token)),
      );
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
      const successors = (await Promise.all(answers.map((answer) => answer.json()))) as [Tokens, ...Tokens[]];
      expect(new Set(successors.map(({ refresh_token }) => refresh_token)).size).toBe(1);
      [tokens] = successors;
      expect(seqOf(tokens.refresh_token)).toBe(round + 2);
    }
  });

  it.each<[string, (tokens: Tokens) => Promise<unknown>]>([
    ['a logout', ({ refresh_token }) => auth.post('/auth/logout', { refresh_token })],
    ['the end of all sessions', ({ access_token }) => auth.send('DELETE', '/auth/sessions', access_token)],
  ])('is dead after %s among refreshes, whatever came first', { timeout: 600_000 }, async (_what, end) => {
    for (let round = 0; round < rounds; round += 1) {
      const tokens = await auth.login();
      const racing = Array.from({ length: 6 }, () => refresh(tokens.refresh_token));
      const ending = end(tokens);
      racing.push(...Array.from({ length: 6 }, () => refresh(tokens.refresh_token)));
      const answers = await Promise.all(racing);
      await ending;
      const successors = answers.filter((answer) => answer.statusCode === 200).map((answer) => answer.json());
      for (const { refresh_token } of [tokens, ...successors])
        expect((await refresh(refresh_token)).statusCode).toBe(401);
      for (const { access_token } of [tokens, ...successors]) await auth.revoked(access_token);
    }
  });

  it('is dead after a reuse among refreshes', { timeout: 600_000 }, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const first = await auth.login();
      const second = (await refresh(first.refresh_token)).json();
      const third = (await refresh(second.refresh_token)).json();
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => refresh(third.refresh_token)),
        refresh(first.refresh_token),
        ...Array.from({ length: 5 }, () => refresh(third.refresh_token)),
      ]);
      const successors = answers.filter((answer) => answer.statusCode === 200).map((answer) => answer.json());
      for (const tokens of [third, ...successors]) expect((await refresh(tokens.refresh_token)).statusCode).toBe(401);
    }
  });

  it('is what its model says, in every order of things', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        const issued = [await auth.login()];
        let alive = true;
        let current = 1;
        let rotatedAt = auth.clock.now();
        for (const one of steps) {
          if (one.kind === 'wait') {
            auth.clock.advance(one.seconds * 1_000);
            continue;
          }
          const tokens = issued[Math.max(0, issued.length - 1 - one.which)] as Tokens;
          if (one.kind === 'logout') {
            await auth.post('/auth/logout', { refresh_token: tokens.refresh_token });
            alive = false;
            continue;
          }
          const seq = seqOf(tokens.refresh_token);
          const at = auth.clock.now();
          const repeats = seq === current - 1 && at <= rotatedAt + 30_000;
          const good = alive && (seq === current || repeats);
          const answers = await Promise.all(Array.from({ length: one.times }, () => refresh(tokens.refresh_token)));
          expect(answers.map((answer) => answer.statusCode)).toEqual(answers.map(() => (good ? 200 : 401)));
          if (!good) {
            alive = false;
            continue;
          }
          const successors = answers.map((answer) => answer.json());
          expect(new Set(successors.map(({ refresh_token }) => refresh_token)).size).toBe(1);
          if (seq === current) {
            current += 1;
            rotatedAt = at;
            issued.push(successors[0]);
          }
          expect(seqOf(successors[0].refresh_token)).toBe(current);
        }
        const living = await Promise.all(issued.slice(-1).map(({ refresh_token }) => refresh(refresh_token)));
        expect(living.map((answer) => answer.statusCode)).toEqual([alive ? 200 : 401]);
      }),
      { numRuns: runs },
    );
  });
});
