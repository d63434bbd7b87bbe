import fc from 'fast-check';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import {
  all,
  always,
  any,
  type Condition,
  type EntryFacts,
  given,
  granted,
  holds,
  never,
  oneOf,
  published,
} from '../src/condition.ts';
import { conditionSql } from '../src/condition-sql.ts';

const compiler = new Kysely<unknown>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const columns = {
  site: sql.ref<string>('e.site'),
  author: sql.ref<string>('e.author'),
  published: sql<boolean>`e.published is not null`,
  granted: sql<boolean>`e.class = any($granted)`,
};
const compiled = (condition: Condition) => sql`${conditionSql(condition, columns)}`.compile(compiler);

const facts: fc.Arbitrary<EntryFacts> = fc.record({
  site: fc.constantFrom('a', 'b'),
  author: fc.constantFrom('u', 'v'),
  published: fc.boolean(),
  granted: fc.boolean(),
});
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom(always, never, published, granted),
  fc
    .tuple(fc.constantFrom('site' as const, 'author' as const), fc.array(fc.constantFrom('a', 'b', 'u', 'v')))
    .map(([attribute, values]) => oneOf(attribute, values)),
);
const lists = fc.array(leaf, { maxLength: 4 });

describe('conditions', () => {
  it('simplifying keeps the meaning', () => {
    fc.assert(
      fc.property(lists, facts, (parts, entry) => {
        expect(holds(all(...parts), entry)).toBe(parts.every((part) => holds(part, entry)));
        expect(holds(any(...parts), entry)).toBe(parts.some((part) => holds(part, entry)));
      }),
    );
  });

  it('knowing facts beforehand keeps the meaning', () => {
    const names = fc.subarray(['site', 'author', 'published', 'granted'] as const);
    fc.assert(
      fc.property(lists, facts, names, (parts, entry, known) => {
        const condition = any(all(...parts), all(published, granted));
        const left = given(condition, Object.fromEntries(known.map((name) => [name, entry[name]])));
        expect(holds(left, entry)).toBe(holds(condition, entry));
        expect(known.some((name) => JSON.stringify(left).includes(`"${name}"`))).toBe(false);
      }),
    );
  });

  it('sends every value as a parameter', () => {
    const hostile = "x' or true --";
    const query = compiled(all(oneOf('author', [hostile]), any(published, oneOf('site', ['public', hostile]))));
    expect(query.sql).not.toContain('true');
    expect(query.sql.match(/\$\d/g)).toHaveLength(3);
    expect(query.parameters).toEqual([hostile, 'public', hostile]);
  });

  it('selects nothing by an empty list', () => {
    expect(compiled(oneOf('author', [])).sql).toBe('false');
  });
});
