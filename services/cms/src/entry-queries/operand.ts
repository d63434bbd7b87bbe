import type { RawBuilder, SqlBool } from 'kysely';
import type { OperandKind } from './operand-values.ts';

export type Comparison = '<' | '<=' | '>' | '>=';
/** One end of a range; the value is canonical. */
export type Bound = readonly [Comparison, string];

/**
 * Something of an entry that a filter or a sort can name, as SQL. Values are canonical (`readValue`). Predicates are
 * not true where the value is missing; of a field with several values (in lists) they ask for one that fits.
 */
export interface Operand {
  readonly kind: OperandKind;
  /** Kind of the items, where it is a list. */
  readonly items: OperandKind | undefined;
  readonly nullable: boolean;
  readonly sortable: boolean;
  /** Null where missing. text, numeric for numbers, timestamptz for times, uuid. */
  readonly value: RawBuilder<unknown>;
  /** What is ordered by. */
  readonly sortKey: RawBuilder<unknown>;
  /** Whether there is no value, or an empty one. */
  readonly missing: RawBuilder<SqlBool>;
  equalsAny(values: readonly string[]): RawBuilder<SqlBool>;
  /** Whether one value is within all bounds. */
  within(...bounds: readonly Bound[]): RawBuilder<SqlBool>;
  /** Whether a list holds the item. */
  holdsItem(value: string): RawBuilder<SqlBool>;
  /** Whether the folded text holds the folded value, or begins with it. */
  contains(text: string): RawBuilder<SqlBool>;
  startsWith(text: string): RawBuilder<SqlBool>;
  /** Whether a value passes a test. */
  some(test: (value: RawBuilder<unknown>) => RawBuilder<SqlBool>): RawBuilder<SqlBool>;
}
