import { describe, expect, it } from 'vitest';
import { createPreparedStatements, type PreparedStatements } from '../src/prepared-statements.ts';

function use(names: PreparedStatements, text: string, times: number): string | undefined {
  let name: string | undefined;
  for (let i = 0; i < times; i += 1) name = names.nameOf(text);
  return name;
}

describe('prepared statements', () => {
  it('get a name at the third use and keep it', () => {
    const names = createPreparedStatements();
    expect(use(names, 'select 1', 2)).toBeUndefined();
    const name = use(names, 'select 1', 1);
    expect(name).toMatch(/^gaia_\d+$/);
    expect(use(names, 'select 1', 5)).toBe(name);
    expect(use(names, 'select 2', 3)).not.toBe(name);
  });

  it('are limited in number', () => {
    const names = createPreparedStatements(2);
    expect(use(names, 'a', 3)).toBeDefined();
    expect(use(names, 'b', 3)).toBeDefined();
    expect(use(names, 'c', 10)).toBeUndefined();
    expect(use(names, 'a', 1)).toBeDefined();
  });

  it('exclude texts that do not recur and very long ones', () => {
    const names = createPreparedStatements(10);
    for (let i = 0; i < 1_000; i += 1) expect(names.nameOf(`text ${i}`)).toBeUndefined();
    expect(use(names, 'x'.repeat(10_001), 5)).toBeUndefined();
    expect(use(names, 'regular', 3)).toBeDefined();
  });

  it('get a new name when replaced, only if they have one', () => {
    const names = createPreparedStatements();
    const before = use(names, 'a', 3);
    names.replace('a');
    expect(names.nameOf('a')).not.toBe(before);
    names.replace('b');
    expect(names.nameOf('b')).toBeUndefined();
  });
});
