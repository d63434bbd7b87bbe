import { describe, expect, it } from 'vitest';
import { createStatementNames, type StatementNames } from '../src/statement-names.ts';

function use(names: StatementNames, text: string, times: number): string | undefined {
  let name: string | undefined;
  for (let i = 0; i < times; i += 1) name = names.nameOf(text);
  return name;
}

describe('statement names', () => {
  it('are given at the third use and stay', () => {
    const names = createStatementNames();
    expect(use(names, 'select 1', 2)).toBeUndefined();
    const name = use(names, 'select 1', 1);
    expect(name).toMatch(/^gaia_\d+$/);
    expect(use(names, 'select 1', 5)).toBe(name);
    expect(use(names, 'select 2', 3)).not.toBe(name);
  });

  it('are no more than the limit', () => {
    const names = createStatementNames(2);
    expect(use(names, 'a', 3)).toBeDefined();
    expect(use(names, 'b', 3)).toBeDefined();
    expect(use(names, 'c', 10)).toBeUndefined();
    expect(use(names, 'a', 1)).toBeDefined();
  });

  it('are not given to texts that never come back, nor to giants', () => {
    const names = createStatementNames(10);
    for (let i = 0; i < 1_000; i += 1) expect(names.nameOf(`text ${i}`)).toBeUndefined();
    expect(use(names, 'x'.repeat(10_001), 5)).toBeUndefined();
    expect(use(names, 'regular', 3)).toBeDefined();
  });

  it('change when renewed, and only for texts that have one', () => {
    const names = createStatementNames();
    const before = use(names, 'a', 3);
    names.renew('a');
    expect(names.nameOf('a')).not.toBe(before);
    names.renew('b');
    expect(names.nameOf('b')).toBeUndefined();
  });
});
