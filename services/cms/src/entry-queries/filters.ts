import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { problem } from '../errors.ts';
import { readValue, valueSql } from './operand-values.ts';
import type { Operand, OperandKind } from './operands.ts';

export const filterOperators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'contains'] as const;
export type FilterOperator = (typeof filterOperators)[number];

const MAX_IN = 50;
const comparisons = { lt: sql`<`, lte: sql`<=`, gt: sql`>`, gte: sql`>=` } as const;

const ordered: readonly FilterOperator[] = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in'];
const operatorsOf: Readonly<Record<OperandKind, readonly FilterOperator[]>> = {
  text: [...ordered, 'contains'],
  number: ordered,
  date: ordered,
  time: ordered,
  uuid: ['eq', 'ne', 'in'],
  boolean: ['eq', 'ne'],
  other: [],
};

/**
 * The predicate of one filter. `ne` holds for entries without the field too, all others do not. `contains` looks for
 * a part of a text without regard to case, or for an item of a list. Throws `filter_invalid`.
 */
export function filterSql(
  name: string,
  operator: FilterOperator,
  operand: Operand,
  values: readonly string[],
): RawBuilder<SqlBool> {
  const refuse = (what: string) => {
    const path = `/query/filter[${name}][${operator}]`.slice(0, 200);
    return problem('filter_invalid', { detail: `${path} ${what}.`, errors: [{ path, message: what }] });
  };
  const listed = operator === 'contains' && operand.items !== undefined && operand.items !== 'other';
  if (!listed && !operatorsOf[operand.kind].includes(operator)) throw refuse('is no way to filter by this field');
  const texts = operator === 'in' && values.length === 1 ? (values[0] ?? '').split(',') : values;
  if (operator === 'in' ? texts.length > MAX_IN : texts.length !== 1) {
    throw refuse(operator === 'in' ? `must have at most ${MAX_IN} values` : 'must be there once');
  }
  const kind = listed ? (operand.items ?? 'other') : operand.kind;
  const read = texts.map((text) => readValue(kind, text));
  if (read.some((value) => value === undefined)) throw refuse(`must be a ${words[kind]}`);
  const [first, ...others] = read as (string | number | boolean)[];
  if (first === undefined) throw refuse('must have a value');
  if (listed) return holdsJson(operand, [first]);
  if (operator === 'contains') return sql`position(lower(${first}::text) in lower(${operand.value})) > 0`;
  if (operator === 'eq' || operator === 'in') {
    const equal = [first, ...others].map((value) => equals(operand, value));
    return sql`(${sql.join(equal, sql` or `)})`;
  }
  const value = valueSql(operand.kind, first);
  if (operator === 'ne') return sql`${operand.value} is distinct from ${value}`;
  return sql`${operand.value} ${comparisons[operator]} ${value}`;
}

const words: Readonly<Record<OperandKind, string>> = {
  text: 'text of at most 1000 characters',
  number: 'number',
  boolean: 'boolean: true or false',
  date: 'date as in RFC 3339',
  time: 'time as in RFC 3339',
  uuid: 'UUID',
  other: 'value',
};

function equals(operand: Operand, value: string | number | boolean): RawBuilder<SqlBool> {
  // Containment is what the index over documents answers.
  return operand.field === undefined
    ? sql`${operand.value} = ${valueSql(operand.kind, value)}`
    : holdsJson(operand, value);
}

function holdsJson(operand: Operand, value: unknown): RawBuilder<SqlBool> {
  if (operand.field === undefined) throw new TypeError('only fields are held in documents');
  const { document, id } = operand.field;
  return sql`${document} @> ${JSON.stringify({ [id]: value })}::jsonb`;
}
