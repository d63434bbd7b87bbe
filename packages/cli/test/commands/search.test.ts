import { afterEach, beforeEach, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, problem, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

let suite: FakeSuite;
/** What each look at the index finds. */
let states: object[];
const rebuilding = (applied: number, expected: number | null) => ({ state: 'rebuilding', applied, expected });

beforeEach(async () => {
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({
      'POST /search/rebuild': () => ({ status: 202, body: rebuilding(0, 200) }),
      'GET /search/rebuild': () => ({ body: states.shift() }),
    }),
  }));
});
afterEach(() => suite.close());

const run = (args: readonly string[], isTTY = false) => {
  const err: string[] = [];
  const stderr = { isTTY, write: (text: string) => err.push(text) };
  const ran = runGaia([...args, '--url', suite.url], { env: administrator.env, stderr });
  return ran.then((result) => ({ ...result, err: err.join('') }));
};

it('waits until the index is complete, with a bar on a terminal', async () => {
  states = [rebuilding(50, 200), rebuilding(300, 200), rebuilding(7, null), { state: 'following', applied: 302 }];
  const { code, out, err } = await run(['search', 'rebuild', '--json'], true);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ state: 'following', applied: 302 });
  expect(err).toContain('\r[########----------------------] 25 %  50 of 200 changes');
  expect(err).toContain('] 99 %  300 of 200 changes');
  expect(err).toMatch(/\r7 changes +\r/);
  expect(err).toMatch(/\r +\r$/);
  expect(suite.to('POST /auth/logout')).toHaveLength(1);
});

it('shows no bar where there is no terminal', async () => {
  states = [rebuilding(50, 200), { state: 'following', applied: 200 }];
  const { code, out, err } = await run(['search', 'rebuild']);
  expect([code, out, err]).toEqual([0, 'state    following\napplied  200\n', '']);
});

it('does not wait if it is not to', async () => {
  const { out } = await run(['search', 'rebuild', '--detach', '--json']);
  expect(JSON.parse(out)).toEqual(rebuilding(0, 200));
  expect(suite.to('GET /search/rebuild')).toHaveLength(0);
});

it('tells how far it is', async () => {
  states = [rebuilding(1, 2)];
  expect(JSON.parse((await run(['search', 'status', '--json'])).out)).toEqual(rebuilding(1, 2));
});

it('says why not', async () => {
  await suite.close();
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    'POST /search/rebuild': () => problem(403, 'insufficient_scope', 'The access token does not permit this'),
  }));
  const { code, err } = await run(['search', 'rebuild']);
  expect([code, err]).toEqual([1, expect.stringContaining('(insufficient_scope)')]);
});
