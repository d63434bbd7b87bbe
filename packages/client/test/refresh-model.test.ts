import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork, type Fate, good } from './model/network.ts';
import { createServer } from './model/server.ts';
import { createTab, type SharedStorage } from './model/tab.ts';
import { createWorld } from './model/world.ts';

/** `CLIENT_MODEL_RUNS=5000` for the long form. */
const numRuns = Number(process.env.CLIENT_MODEL_RUNS ?? 150);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const GRACE = 30 * SECOND;

type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'call'; readonly tab: number; readonly count: number }
  | { readonly kind: 'freeze'; readonly tab: number; readonly ms: number }
  | { readonly kind: 'jump'; readonly tab: number; readonly ms: number }
  | { readonly kind: 'reload'; readonly tab: number }
  | { readonly kind: 'restart'; readonly ms: number };

const tab = fc.nat(2);
const delay = fc.constantFrom(3, 5, 200, 12 * SECOND, 45 * SECOND, 10 * MINUTE, HOUR);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(good) },
  {
    weight: 5,
    arbitrary: fc.record({
      request: fc.option(delay, { nil: undefined, freq: 4 }),
      copy: fc.option(delay, { nil: undefined, freq: 1 }),
      response: fc.option(delay, { nil: undefined, freq: 2 }),
      tells: fc.boolean(),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(2, 7, SECOND, GRACE + 1, 13 * MINUTE, 16 * MINUTE, 16 * MINUTE, HOUR),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('call' as const), tab, count: fc.constantFrom(1, 1, 3) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('freeze' as const), tab, ms: fc.constantFrom(SECOND, 20 * MINUTE, HOUR) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      tab,
      ms: fc.constantFrom(-2 * HOUR, -MINUTE, MINUTE, 2 * HOUR),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const), tab }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), ms: fc.constantFrom(50, 20 * SECOND, 5 * MINUTE) }),
  },
);

const scenario = fc.record({
  graceMs: fc.constantFrom(0, GRACE),
  skews: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0, -3 * HOUR, 3 * HOUR, 40 * SECOND))),
  seed: fc.integer(),
  fates: fc.array(fate, { maxLength: 30 }),
  steps: fc.array(step, { minLength: 3, maxLength: 25 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Three tabs of one browser live through a scenario, and then through a time without faults. */
async function live({ graceMs, skews, seed, fates, steps }: Scenario, forgetsKeys = false) {
  const world = createWorld();
  const server = createServer(world, graceMs);
  const network = createNetwork(world, server);
  const storage: SharedStorage = { text: null };
  const ahead = [...fates];
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const faults: string[] = [];

  const open = (index: number) => {
    const answered = new Set<string>();
    return createTab({
      world,
      network,
      storage,
      skew: skews[index] ?? 0,
      random,
      forgetsKeys,
      nextFate: (path) => (path === '/auth/login' ? good : (ahead.shift() ?? good)),
      onRefresh(event, refreshToken) {
        if (event === 'answered') answered.add(refreshToken);
        else if (answered.has(refreshToken)) faults.push(`tab ${index} refreshed ${refreshToken} again`);
      },
    });
  };
  const tabs = [open(0), open(1), open(2)];
  const pending = new Map<Promise<unknown>, number>();
  const call = (index: number) => {
    const made = tabs[index]?.client.auth.me() ?? Promise.reject(new Error('no tab'));
    const done: Promise<unknown> = made.then(
      () => pending.delete(done),
      () => pending.delete(done),
    );
    pending.set(done, world.now());
    return made;
  };

  const signedIn = tabs[0]?.client.auth.signIn({ email: 'ann@example.org', password: 'x' });
  await world.pass(SECOND);
  await signedIn;
  for (const one of steps) {
    if (one.kind === 'wait') await world.pass(one.ms);
    else if (one.kind === 'call') for (let n = 0; n < one.count; n += 1) void call(one.tab).catch(() => {});
    else if (one.kind === 'freeze') tabs[one.tab]?.freeze(one.ms);
    else if (one.kind === 'jump') tabs[one.tab]?.jump(one.ms);
    else if (one.kind === 'reload') tabs[one.tab] = open(one.tab);
    else network.restart(one.ms);
    await world.pass(1);
    if ((await server.current()) === undefined) faults.push(`the session has ended after ${JSON.stringify(one)}`);
  }
  // What is under way comes to its end, however late.
  await world.pass(5 * HOUR);
  if (pending.size > 0) faults.push(`${pending.size} calls hang`);
  ahead.length = 0;
  return { world, server, storage, tabs, call, faults };
}

describe('tabs that share a session', () => {
  it('never lose it by their own doing, never hang, and refresh once', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const { world, server, tabs, call, faults } = await live(given);
        try {
          const calls = tabs.map((_tab, index) => call(index));
          await world.pass(2 * MINUTE);
          expect(await Promise.allSettled(calls)).toEqual(
            calls.map(() => ({ status: 'fulfilled', value: expect.objectContaining({ id: 'ann' }) })),
          );
          expect(faults).toEqual([]);
          expect([server.logins, await server.sessions()]).toEqual([1, 1]);
          expect(tabs.flatMap(({ changes }) => changes).filter(({ status }) => status === 'signed_out')).toEqual([]);
        } finally {
          await server.state.close();
        }
      }),
      { numRuns },
    );
  });

  it('would lose it without keys', { timeout: 300_000 }, async () => {
    const property = fc.asyncProperty(scenario, async (given) => {
      const { server, faults } = await live(given, true);
      await server.state.close();
      if (faults.length > 0) throw new Error(faults.join(', '));
    });
    const { failed, errorInstance } = await fc.check(property, { numRuns: 500 });
    expect([failed, String(errorInstance)]).toEqual([true, expect.stringContaining('the session has ended')]);
  });

  const thief = fc.record({ scenario, age: fc.integer({ min: 1, max: 20 }), hasKey: fc.boolean() });
  it('lose it to a thief with an old token and no key, and learn why', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(thief, async ({ scenario: given, age, hasKey }) => {
        const { world, server, tabs, call } = await live(given);
        try {
          // At least one token is old.
          const refreshed = call(0);
          await world.pass(16 * MINUTE);
          await refreshed;
          const again = call(0);
          await world.pass(GRACE + SECOND);
          await again;
          const current = (await server.current()) ?? 0;
          const stolen = Math.max(1, current - age);
          fc.pre(stolen < current);
          expect(await server.refreshAs(stolen, hasKey ? 'key of the thief' : undefined)).toBe('reused');
          expect(await server.current()).toBeUndefined();
          const refused = tabs.map((_tab, index) => call(index));
          await world.pass(2 * MINUTE);
          expect((await Promise.allSettled(refused)).map(({ status }) => status)).toEqual(
            refused.map(() => 'rejected'),
          );
          const reasons = tabs.map(({ changes }) => changes.findLast(({ status }) => status === 'signed_out')?.reason);
          expect(reasons).toContain('session_ended');
        } finally {
          await server.state.close();
        }
      }),
      { numRuns },
    );
  });
});
