import { expect, it } from 'vitest';
import { singleProcessChecks } from '../src/single-process-warning.ts';

it('warns in the log and in /ready about in-memory state', () => {
  const warnings: unknown[] = [];
  const log = { warn: (...line: unknown[]) => void warnings.push(line) };
  const [check, ...others] = singleProcessChecks({ kind: 'memory' }, log);
  expect(others).toEqual([]);
  expect(warnings).toHaveLength(1);
  expect(check).toMatchObject({ name: 'state', critical: false });
  expect(check?.check()).toMatchObject({ status: 'degraded' });
});

it('is silent about shared state', () => {
  const log = { warn: () => expect.unreachable() };
  expect(singleProcessChecks({ kind: 'redis' }, log)).toEqual([]);
});
