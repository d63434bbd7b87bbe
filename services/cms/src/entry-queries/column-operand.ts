import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Bound, Comparison, Operand } from './operand.ts';
import { type OperandKind, valueSql } from './operand-values.ts';

/** An operand that is a column of its own. */
export function columnOperand(
  kind: OperandKind,
  value: RawBuilder<unknown>,
  { nullable, sortable }: { nullable: boolean; sortable: boolean },
): Operand {
  return {
    kind,
    items: undefined,
    nullable,
    sortable,
    value,
    sortKey: value,
    missing: sql`${value} is null`,
    equalsAny: (values) => sql`${value} in (${sql.join(values.map((one) => valueSql(kind, one)))})`,
    within: (...bounds) => withinBounds(kind, value, bounds),
    holdsItem: () => sql`false`,
    contains: (text) => containsFolded(value, text),
    startsWith: (text) => startsWithFolded(value, text),
    some: (test) => test(value),
  };
}

const signs: Readonly<Record<Comparison, RawBuilder<unknown>>> = {
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
};

export function withinBounds(
  kind: OperandKind,
  value: RawBuilder<unknown>,
  bounds: readonly Bound[],
  keyOf: (value: RawBuilder<unknown>) => RawBuilder<unknown> = (one) => one,
): RawBuilder<SqlBool> {
  const parts = bounds.map(([sign, end]) => sql`${keyOf(value)} ${signs[sign]} ${keyOf(valueSql(kind, end))}`);
  return sql`(${sql.join(parts, sql` and `)})`;
}

export function containsFolded(value: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  return sql`position(fold_text(${text}::text) in fold_text(${value})) > 0`;
}

export function startsWithFolded(value: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  return sql`starts_with(fold_text(${value}), fold_text(${text}::text))`;
}
