import { expect, it } from 'vitest';
import { aloneChecks } from '../src/alone-check.ts';

it('says in the log and in the readiness that a process is on its own', () => {
  const warnings: unknown[] = [];
  const log = { warn: (...line: unknown[]) => void warnings.push(line) };
  const [check, ...others] = aloneChecks({ kind: 'memory' }, log);
  expect(others).toEqual([]);
  expect(warnings).toHaveLength(1);
  expect(check).toMatchObject({ name: 'state', critical: false });
  expect(check?.check()).toMatchObject({ status: 'degraded' });
});

it('says nothing of state that is shared', () => {
  const log = { warn: () => expect.unreachable() };
  expect(aloneChecks({ kind: 'redis' }, log)).toEqual([]);
});
