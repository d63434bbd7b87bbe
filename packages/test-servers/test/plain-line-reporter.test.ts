import { afterEach, expect, it, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import PlainLineReporter from '../src/plain-line-reporter.ts';

afterEach(() => void vi.restoreAllMocks());

function module(states: readonly string[], errors: readonly unknown[] = []): TestModule {
  const tests = states.map((state) => ({
    fullName: `is ${state}`,
    result: () => ({ state: state === 'flaky' ? 'passed' : state }),
    diagnostic: () => (state === 'pending' ? undefined : { flaky: state === 'flaky' }),
  }));
  const children = { allTests: () => tests };
  return { relativeModuleId: 'a.test.ts', errors: () => errors, children } as unknown as TestModule;
}

it.each([
  [
    'counts tests over all files',
    [module(['passed', 'failed']), module(['passed', 'skipped', 'pending'])],
    [],
    '2 passed, 1 failed, 2 skipped',
  ],
  ['counts a file that does not load', [module([], [new Error('syntax')])], [], '0 passed, 1 failed, 0 skipped'],
  ['counts errors outside of tests', [module(['passed'])], [new Error('stray')], '1 passed, 1 failed, 0 skipped'],
  [
    'names a test that needed a second attempt',
    [module(['passed', 'flaky'])],
    [],
    'second attempt: a.test.ts > is flaky\n2 passed, 0 failed, 0 skipped',
  ],
  ['says so when there was nothing', [], [], '0 passed, 0 failed, 0 skipped'],
])('%s', (_case, modules, unhandled, line) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  new PlainLineReporter().onTestRunEnd(modules, unhandled);
  const written = write.mock.calls.map(([text]) => text).join('');
  write.mockRestore();
  expect(written).toBe(`${line}\n`);
});
