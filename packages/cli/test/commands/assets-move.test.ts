import { afterEach, beforeEach, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

let suite: FakeSuite;
/** What each look at the move finds. */
let states: object[];
const state = (name: string, remaining: number) => ({ to: 's3', state: name, remaining_files: remaining, failed: 0 });

beforeEach(async () => {
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({
      'POST /assets/moves': () => ({ body: state('moving', 4) }),
      'GET /assets/moves': () => ({ body: states.shift() }),
    }),
  }));
});
afterEach(() => suite.close());

const run = (args: readonly string[]) => {
  const err: string[] = [];
  const stderr = { isTTY: true, write: (text: string) => err.push(text) };
  const ran = runGaia(['assets', 'move', ...args, '--url', suite.url], { env: administrator.env, stderr });
  return ran.then((result) => ({ ...result, err: err.join('') }));
};

it('waits until all files are there, with a bar', async () => {
  states = [state('moving', 3), state('idle', 0)];
  const { code, out, err } = await run(['--to', 's3', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, state('idle', 0)]);
  expect(err).toContain('25 %  1 of 4 files');
});

it('fails where files are left', async () => {
  states = [state('idle', 1)];
  expect((await run(['--to', 's3'])).code).toBe(1);
});

it.each([[[]], [['--to', 'tape']]])('takes no other store: %j', async (args) => {
  expect((await run(args)).code).toBe(2);
});
