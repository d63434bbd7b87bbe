import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { containsFolded, startsWithFolded, withinBounds } from './column-operand.ts';
import type { Operand } from './operand.ts';
import { type OperandKind, rangeOf } from './operand-values.ts';

/** Ids of fields from the document inwards; undefined stands for each item of a list. */
export type DocumentPath = readonly (string | undefined)[];

interface DocumentValue {
  readonly kind: OperandKind;
  readonly items: OperandKind | undefined;
  readonly sortable: boolean;
}

/** The operand of a value in a document (jsonb). */
export function documentOperand(document: RawBuilder<unknown>, path: DocumentPath, value: DocumentValue): Operand {
  return path.includes(undefined) ? listedOperand(document, path, value) : singleOperand(document, path, value);
}

function singleOperand(document: RawBuilder<unknown>, path: DocumentPath, about: DocumentValue): Operand {
  const { kind, items } = about;
  const json = path.length === 1 ? sql`(${document} -> ${path[0]}::text)` : sql`(${document} #> ${path}::text[])`;
  const text = path.length === 1 ? sql`(${document} ->> ${path[0]}::text)` : sql`(${document} #>> ${path}::text[])`;
  const value = typed(kind, text, json);
  return {
    ...about,
    nullable: true,
    value,
    sortKey: keyOf(kind)(value),
    missing: kind === 'other' ? sql`coalesce(${json}, '[]') in ('[]', '{}')` : emptySql(kind, value),
    equalsAny: (values) => equalsAny(document, path, kind, value, values),
    within: (...bounds) => withinBounds(kind, value, bounds, keyOf(kind)),
    holdsItem: (item) => itemOperand(document, path, items ?? 'other').equalsAny([item]),
    contains: (part) => containsFolded(value, part),
    startsWith: (start) => startsWithFolded(value, start),
    some: (test) => test(value),
  };
}

function listedOperand(document: RawBuilder<unknown>, path: DocumentPath, about: DocumentValue): Operand {
  const { kind, items } = about;
  const item = sql`i.v`;
  const value = typed(kind, sql`(${item} #>> '{}')`, item);
  const some = (test: RawBuilder<SqlBool>): RawBuilder<SqlBool> =>
    sql`exists (select from jsonb_path_query(${document}, ${jsonPath(path)}::jsonpath) i(v) where ${test})`;
  return {
    ...about,
    nullable: true,
    sortable: false,
    value: sql`null`,
    sortKey: sql`null`,
    missing: sql`not ${some(kind === 'other' ? sql`${item} not in ('[]', '{}')` : sql`not ${emptySql(kind, value)}`)}`,
    equalsAny: (values) =>
      kind === 'decimal'
        ? some(sql`${value} in (${sql.join(values.map((one) => sql`${one}::numeric`))})`)
        : equalsAny(document, path, kind, value, values),
    within: (...bounds) => some(withinBounds(kind, value, bounds, keyOf(kind))),
    holdsItem: (one) => itemOperand(document, path, items ?? 'other').equalsAny([one]),
    contains: (part) => some(containsFolded(value, part)),
    startsWith: (start) => some(startsWithFolded(value, start)),
    some: (test) => some(test(value)),
  };
}

/** The items of the list at a path; a day holds for every time of it. */
function itemOperand(document: RawBuilder<unknown>, path: DocumentPath, kind: OperandKind): Pick<Operand, 'equalsAny'> {
  const operand = listedOperand(document, [...path, undefined], { kind, items: undefined, sortable: false });
  return {
    equalsAny: ([value = '']) => {
      const range = rangeOf(kind, 'eq', value);
      return range === undefined ? operand.equalsAny([value]) : operand.within(...range);
    },
  };
}

function typed(kind: OperandKind, text: RawBuilder<unknown>, json: RawBuilder<unknown>): RawBuilder<unknown> {
  switch (kind) {
    case 'number':
    case 'decimal':
      return sql`${text}::numeric`;
    case 'richText':
      // A document of rich text says what its texts say; a text is one from before there were documents.
      return sql`(case jsonb_typeof(${json}) when 'string' then ${text} else (
        select string_agg(p.t #>> '{}', ' ') from jsonb_path_query(${json}, 'strict $.**.text', '{}', true) p(t)) end)`;
    default:
      return sql`${text} collate "C"`;
  }
}

/** Texts are compared in the order in which people read them. */
function keyOf(kind: OperandKind): (value: RawBuilder<unknown>) => RawBuilder<unknown> {
  return (value) => (kind === 'text' ? sql`text_key(${value}) collate "C"` : value);
}

function emptySql(kind: OperandKind, value: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return kind === 'number' || kind === 'decimal' ? sql`(${value} is null)` : sql`(coalesce(${value}, '') = '')`;
}

function equalsAny(
  document: RawBuilder<unknown>,
  path: DocumentPath,
  kind: OperandKind,
  value: RawBuilder<unknown>,
  values: readonly string[],
): RawBuilder<SqlBool> {
  // A decimal is a text that compares as a number: 1.10 = 1.1.
  if (kind === 'decimal') return sql`${value} in (${sql.join(values.map((one) => sql`${one}::numeric`))})`;
  // Containment is what the index over documents answers.
  const json = (one: string) => (kind === 'number' || kind === 'boolean' ? one : JSON.stringify(one));
  const parts = values.map((one) => sql`${document} @> ${jsonAt(path, json(one))}::jsonb`);
  return sql`(${sql.join(parts, sql` or `)})`;
}

/** The document that holds a value, given as JSON, at a path, and nothing else. */
function jsonAt(path: DocumentPath, value: string): string {
  return path.reduceRight<string>(
    (inner, id) => (id === undefined ? `[${inner}]` : `{${JSON.stringify(id)}:${inner}}`),
    value,
  );
}

function jsonPath(path: DocumentPath): string {
  return `$${path.map((id) => (id === undefined ? '[*]' : `.${JSON.stringify(id)}`)).join('')}`;
}
