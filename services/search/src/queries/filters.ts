import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { problem } from '../errors.ts';
import { type ComparableValue, parameterOf } from './comparable-values.ts';

/** The operators of lists of entries, as far as whole values are compared: parts of texts are what a search finds. */
const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'contains', 'empty'] as const;
type Operator = (typeof operators)[number];

export interface Filter {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export const MAX_FILTERS = 10;
const MAX_VALUES = 50;
const filterName = /^filter\[([^[\]]{1,63})\]\[([a-z]{1,10})\]$/;
const comparisons = { lt: sql`<`, lte: sql`<=`, gt: sql`>`, gte: sql`>=` } as const;

/** Reads `filter[field][operator]`. Throws `validation_failed` for parameters that are not known. */
export function readFilters(parameters: readonly (readonly [string, unknown])[]): Filter[] {
  const filters = parameters.map(([name, value]) => {
    const [, field, operator] = filterName.exec(name) ?? [];
    const known = operators.find((one) => one === operator);
    if (field === undefined) throw invalidParameter(name, 'is not known here');
    if (known === undefined) throw invalidParameter(name, `has no operator of ${operators.join(', ')}`);
    const given = typeof value === 'string' ? [value] : (value as readonly string[]);
    const split = (known === 'in' || known === 'nin') && typeof value === 'string' ? value.split(',') : given;
    return { field, operator: known, values: split };
  });
  if (filters.length > MAX_FILTERS) throw invalidParameter('', `must have at most ${MAX_FILTERS} filters`);
  return filters;
}

function invalidParameter(name: string, message: string) {
  const path = `/query${name === '' ? '' : `/${name}`}`.slice(0, 200);
  return problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}

/** The predicate of a filter. Throws `filter_invalid`, `unknown_field`. */
export function filterSql(filter: Filter, values: ReadonlyMap<string, ComparableValue>): RawBuilder<SqlBool> {
  const compared = values.get(filter.field);
  if (compared === undefined) throw unknownField(filter.field);
  const refuse = (message: string) => {
    const path = `/query/filter[${filter.field}][${filter.operator}]`.slice(0, 200);
    return problem('filter_invalid', { detail: `${path} ${message}.`, errors: [{ path, message }] });
  };
  const { operator } = filter;
  if (filter.values.length > (operator === 'in' || operator === 'nin' ? MAX_VALUES : 1))
    throw refuse('has too many values');
  const read = (kind: ComparableValue['kind']) =>
    filter.values.map((text) => {
      const parameter = parameterOf(kind, text);
      if (parameter === undefined) throw refuse(`must be a ${kind}`);
      return parameter;
    });
  if (operator === 'empty') {
    const [flag] = filter.values;
    if (flag !== 'true' && flag !== 'false') throw refuse('must be true or false');
    const missing = compared.list
      ? sql`coalesce(jsonb_array_length(case jsonb_typeof(${compared.json}) when 'array' then ${compared.json} end), 0) = 0`
      : sql`coalesce(${compared.value}::text, '') = ''`;
    return flag === 'true' ? sql<SqlBool>`(${missing})` : sql<SqlBool>`not (${missing})`;
  }
  if (compared.list !== (operator === 'contains')) throw refuse('is no way to filter by this field');
  if (operator === 'contains') {
    const items = read(compared.kind);
    const [text = ''] = filter.values;
    if (items.length === 0) throw refuse('must have a value');
    const item = compared.kind === 'text' ? JSON.stringify(text) : text;
    return sql<SqlBool>`coalesce(${compared.json} @> ${`[${item}]`}::jsonb, false)`;
  }
  const [first, ...others] = read(compared.kind);
  if (first === undefined) throw refuse('must have a value');
  switch (operator) {
    case 'eq':
    case 'in':
      return sql<SqlBool>`${compared.value} in (${sql.join([first, ...others])})`;
    case 'ne':
    case 'nin':
      return sql<SqlBool>`(${compared.value} in (${sql.join([first, ...others])})) is not true`;
    default:
      return sql<SqlBool>`${compared.value} ${comparisons[operator]} ${first}`;
  }
}

export function unknownField(name: string) {
  const detail = `${name} is no member of entries, and no field of the type that everybody may read.`;
  return problem('unknown_field', { detail: detail.slice(0, 200) });
}
