import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { ValueShape } from '../types/field.ts';
import { type FieldFilter, type Filter, type FilterOperator, fieldFilters, filterBounds } from './filter.ts';
import type { Operand } from './operand.ts';
import { type OperandKind, rangeOf, readValue } from './operand-values.ts';
import { type EntryRows, entryRows, fieldPlace, isEntryOperand, memberOperand, passesReference } from './operands.ts';
import { unknownField } from './unknown-field.ts';

/** Where a filter is asked: for whom, of which entries. */
export interface FilterScope {
  readonly caller: Caller;
  readonly site: string;
  /** The type of the entries, which fields belong to. */
  readonly type: CompiledType | undefined;
  readonly rows: EntryRows;
  /** The types that a reference can lead to; needed by filters that pass references alone. */
  readonly targetsOf: (reference: ValueShape) => readonly CompiledType[];
}

type Test = (operand: Operand) => RawBuilder<SqlBool>;
/** A scope below references that have been passed. */
type Depth = FilterScope & { readonly depth: number };

const ordered: readonly FilterOperator[] = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'nin', 'empty'];
const texts: readonly FilterOperator[] = [...ordered, 'contains', 'starts_with'];
const operatorsOf: Readonly<Record<OperandKind, readonly FilterOperator[]>> = {
  text: texts,
  richText: ['contains', 'empty'],
  number: ordered,
  decimal: ordered,
  date: ordered,
  time: ordered,
  uuid: ['eq', 'ne', 'in', 'nin'],
  boolean: ['eq', 'ne', 'in', 'nin', 'empty'],
  other: ['empty'],
};

/** The predicate of a filter. Throws `filter_invalid`, `unknown_field`, `field_not_readable`. */
export function filterSql(filter: Filter, scope: FilterScope): RawBuilder<SqlBool> {
  if ('and' in filter) return joined(filter.and, scope, sql` and `, sql`true`);
  if ('or' in filter) return joined(filter.or, scope, sql` or `, sql`false`);
  // Not true instead of false: a predicate is null where there is no value.
  if ('not' in filter) return sql`(${filterSql(filter.not, scope)}) is not true`;
  return fieldFilterSql(filter, scope);
}

/** Whether a filter asks entries to which references lead, so that their types must be known. */
export function passesReferences(filter: Filter | undefined, type: CompiledType | undefined): boolean {
  return fieldFilters(filter).some(({ field }) => passesReference(field.split('.'), type));
}

function joined(filters: readonly Filter[], scope: FilterScope, by: RawBuilder<unknown>, none: RawBuilder<SqlBool>) {
  if (filters.length === 0) return none;
  return sql<SqlBool>`(${sql.join(
    filters.map((filter) => filterSql(filter, scope)),
    by,
  )})`;
}

function fieldFilterSql(filter: FieldFilter, scope: FilterScope): RawBuilder<SqlBool> {
  const path = filter.field.split('.');
  const where = (test: Test) => pathSql(path, { ...scope, depth: 0 }, filter, test);
  const not = (predicate: RawBuilder<SqlBool>) => sql<SqlBool>`(${predicate}) is not true`;
  switch (filter.operator) {
    // What says that something is not so holds where there is nothing, and of a list where no item is so.
    case 'ne':
      return not(where((operand) => equals(operand, valuesFor(filter, operand))));
    case 'nin':
      return not(where((operand) => equals(operand, valuesFor(filter, operand))));
    case 'empty': {
      const present = where((operand) => {
        checkOperator(filter, operand.kind, operand);
        return sql`not (${operand.missing})`;
      });
      return flagOf(filter) ? not(present) : present;
    }
    default:
      return where((operand) => testSql(filter, operand));
  }
}

/** The predicate that a value at a path passes a test; behind a reference, that of an entry which the caller may read. */
function pathSql(path: readonly string[], scope: Depth, filter: FieldFilter, test: Test): RawBuilder<SqlBool> {
  const { rows, type, caller } = scope;
  const [name = ''] = path;
  if (path.length === 1 && isEntryOperand(name)) return test(memberOperand(name, rows));
  const place = fieldPlace(path, rows, type, caller);
  if (place === undefined) throw unknownField(filter.field, scope.depth === 0 ? type : 'beyond');
  const { operand, shape, beyond } = place;
  if (beyond.length === 0) return test(operand);
  return operand.some((id) => targetSql(id, shape, beyond, scope, filter, test));
}

function targetSql(
  id: RawBuilder<unknown>,
  reference: ValueShape,
  path: readonly string[],
  { depth, ...scope }: Depth,
  filter: FieldFilter,
  test: Test,
): RawBuilder<SqlBool> {
  if (depth >= filterBounds.references) throw refuse(filter, `must pass at most ${filterBounds.references} references`);
  const alias = `t${depth + 1}`;
  const rows = entryRows(scope.caller, scope.site, alias);
  const at = (type: CompiledType | undefined) =>
    pathSql(path, { ...scope, type, rows, depth: depth + 1 }, filter, test);
  const [name = ''] = path;
  const types = scope.targetsOf(reference).filter((type) => type.fieldByName.has(name));
  if (types.length > filterBounds.types) throw refuse(filter, `leads to more than ${filterBounds.types} types`);
  const typeId = sql.ref(`${alias}.type_id`);
  const predicate =
    path.length === 1 && isEntryOperand(name)
      ? at(undefined)
      : types.length === 0
        ? at(undefined)
        : sql`(${sql.join(
            types.map((type) => sql`(${typeId} = ${type.id} and ${at(type)})`),
            sql` or `,
          )})`;
  // The entry counts only as far as the caller may read it: otherwise a filter would tell what is in it.
  return sql`exists (select from entries ${sql.ref(alias)} where ${sql.ref(`${alias}.site`)} = ${scope.site}
    and ${sql.ref(`${alias}.id`)} = (${id})::uuid and ${rows.scope.visible} and ${predicate})`;
}

function testSql(filter: FieldFilter, operand: Operand): RawBuilder<SqlBool> {
  const { operator } = filter;
  const values = valuesFor(filter, operand);
  const [value = ''] = values;
  switch (operator) {
    case 'eq':
    case 'in':
      return equals(operand, values);
    case 'contains':
      return isListed(operand) ? operand.holdsItem(value) : operand.contains(value);
    case 'starts_with':
      return operand.startsWith(value);
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return operand.within(...(rangeOf(operand.kind, operator, value) ?? []));
    default:
      throw new TypeError(`${operator} is put together of other operators`);
  }
}

function equals(operand: Operand, values: readonly string[]): RawBuilder<SqlBool> {
  const ranges = values.map((value) => rangeOf(operand.kind, 'eq', value));
  const exact = values.filter((_, index) => ranges[index] === undefined);
  const parts = [
    ...(exact.length > 0 ? [operand.equalsAny(exact)] : []),
    ...ranges.flatMap((range) => (range === undefined ? [] : [operand.within(...range)])),
  ];
  return parts.length === 0 ? sql`false` : sql`(${sql.join(parts, sql` or `)})`;
}

function isListed(operand: Operand): boolean {
  return operand.items !== undefined;
}

/** The values of a filter as the operand's kind has them. */
function valuesFor(filter: FieldFilter, operand: Operand): string[] {
  const { operator, values } = filter;
  const several = operator === 'in' || operator === 'nin';
  const kind = operator === 'contains' && operand.items !== undefined ? operand.items : operand.kind;
  checkOperator(filter, kind, operand);
  if (several ? values.length > filterBounds.values : values.length !== 1) {
    throw refuse(filter, several ? `must have at most ${filterBounds.values} values` : 'must have one value');
  }
  return values.map((text) => readValue(kind, text) ?? refuseValue(filter, kind));
}

function checkOperator(filter: FieldFilter, kind: OperandKind, operand: Operand): void {
  const { operator } = filter;
  const fits =
    operator === 'contains' && operand.items !== undefined
      ? !['other', 'richText'].includes(kind)
      : operatorsOf[kind].includes(operator);
  if (!fits) throw refuse(filter, 'is no way to filter by this field');
}

function flagOf(filter: FieldFilter): boolean {
  const [text, ...others] = filter.values;
  if (others.length > 0 || (text !== 'true' && text !== 'false')) throw refuse(filter, 'must be true or false');
  return text === 'true';
}

const words: Readonly<Record<OperandKind, string>> = {
  text: `text of at most ${filterBounds.textLength} characters`,
  richText: `text of at most ${filterBounds.textLength} characters`,
  number: 'number',
  decimal: 'number',
  boolean: 'boolean: true or false',
  date: 'date as in RFC 3339',
  time: 'time as in RFC 3339',
  uuid: 'UUID',
  other: 'value',
};

function refuseValue(filter: FieldFilter, kind: OperandKind): never {
  throw refuse(filter, `must be a ${words[kind]}`);
}

function refuse({ field, operator }: FieldFilter, what: string) {
  const path = `/query/filter[${field}][${operator}]`.slice(0, 200);
  return problem('filter_invalid', { detail: `${path} ${what}.`, errors: [{ path, message: what }] });
}
