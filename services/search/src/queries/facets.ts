import { type Kysely, sql } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import { problem } from '../errors.ts';
import type { ComparableValue } from './comparable-values.ts';
import { unknownField } from './filters.ts';
import { type Wanted, wantedSql } from './find.ts';
import { matchSql } from './match-sql.ts';

export interface Facets {
  readonly counts: Record<string, { value: string | number | boolean; count: number }[]>;
  readonly exact: boolean;
}

const MAX_FACETS = 5;
const MAX_VALUES = 20;
/** Documents that are counted; with more, the counts are those of so many. */
const MAX_COUNTED = 5_000;
/** The content type is a facet of every search. */
const TYPE = 'type';

/** Reads `topic,tags`. Throws `unknown_field`, `filter_invalid` for a field that is not marked as a facet. */
export function readFacets(text: string, values: ReadonlyMap<string, ComparableValue>): string[] {
  const names = [...new Set(text.split(','))];
  const refuse = (message: string) => {
    const path = '/query/facets';
    return problem('filter_invalid', { detail: `${path} ${message}.`, errors: [{ path, message }] });
  };
  if (names.length > MAX_FACETS) throw refuse(`must name at most ${MAX_FACETS}`);
  for (const name of names) {
    if (name === TYPE) continue;
    const value = values.get(name);
    if (value === undefined) throw unknownField(name);
    if (!value.facet) throw refuse(`names ${name}, which is no facet of the type`);
  }
  return names;
}

/** How many of the documents that match and that the caller may see have each value. */
export async function countFacets(
  database: Kysely<SearchDatabase>,
  wanted: Wanted,
  names: readonly string[],
): Promise<Facets> {
  const valuesOf = (name: string) =>
    name === TYPE
      ? sql`to_jsonb(array[c.type])`
      : sql`case jsonb_typeof(c.fields -> ${name}::text)
          when 'array' then c.fields -> ${name}::text
          when 'null' then '[]'::jsonb
          else jsonb_build_array(c.fields -> ${name}::text) end`;
  const counts = names.map(
    (name, index) => sql`(
      select ${sql.lit(index)} as facet, item as value, count(*)::int as count
      from counted c, lateral (select distinct jsonb_array_elements(${valuesOf(name)}) as item) items
      where ${name === TYPE ? sql`true` : sql`jsonb_exists(c.fields, ${name}::text)`}
      group by item order by count(*) desc, item limit ${MAX_VALUES})`,
  );
  const { rows } = await sql<{ facet: number; value: string | number | boolean | null; count: number }>`
    with counted as materialized (
      select d.type, d.fields from documents d
      where ${wantedSql(wanted, matchSql(wanted.query, wanted.site))} limit ${MAX_COUNTED + 1}
    )
    select -1 as facet, null::jsonb as value, (select count(*)::int from counted) as count
    union all select * from (${sql.join(counts, sql` union all `)}) as facets`.execute(database);
  const exact = (rows.find(({ facet }) => facet === -1)?.count ?? 0) <= MAX_COUNTED;
  const of = (index: number) =>
    rows
      .flatMap(({ facet, value, count }) => (facet === index && value !== null ? [{ value, count }] : []))
      .toSorted((a, b) => b.count - a.count);
  return { counts: Object.fromEntries(names.map((name, index) => [name, of(index)])), exact };
}
