import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { itemKey, SLOT_CHARACTERS, TEXT_CHARACTERS } from '../entry-variants/variant-rows.ts';
import type { Field } from '../types/field.ts';
import { ITEMS } from '../types/field-slots.ts';
import { containsFolded, startsWithFolded, withinBounds } from './column-operand.ts';
import type { Operand } from './operand.ts';
import { type OperandKind, valueSql } from './operand-values.ts';

/** A field whose values stand in a slot of the rows `v`, variants of a list. */
export interface SlotPlace {
  readonly field: Field;
  readonly slot: string;
  readonly list: number;
}

/** Worked out once a query, and not once a row, also where the plan does not know the parameter. */
const once = (value: RawBuilder<unknown>) => sql`(select ${value})`;

/**
 * The operand of a field in its slot. What the slot does not hold is asked in the document: `inDocument` gives the operand
 * there.
 */
export function slotOperand(
  place: SlotPlace,
  about: Pick<Operand, 'kind' | 'items' | 'sortable'>,
  inDocument: () => Operand,
): Operand {
  const base: SlotBase = { ...about, nullable: true };
  if (place.slot === ITEMS) return itemsOperand(place, base, inDocument);
  const column = sql.ref(`v.${place.slot}`);
  if (about.kind === 'number' || about.kind === 'decimal') return numberOperand(column, base);
  if (place.field.type === 'text' || place.field.type === 'enum')
    return textOperand(column, place.field, base, inDocument);
  return plainOperand(column, base, inDocument);
}

type SlotBase = Pick<Operand, 'kind' | 'items' | 'sortable' | 'nullable'>;

function numberOperand(column: RawBuilder<unknown>, base: SlotBase): Operand {
  const value = sql`nullif(${column}, 'NaN')`;
  return {
    ...base,
    value,
    sortKey: value,
    missing: sql`(${column} = 'NaN')`,
    equalsAny: (values) => sql`${column} in (${sql.join(values.map((one) => valueSql(base.kind, one)))})`,
    within: (...bounds) => sql`(${column} < 'NaN' and ${withinBounds(base.kind, column, bounds)})`,
    holdsItem: () => sql`false`,
    contains: () => sql`false`,
    startsWith: () => sql`false`,
    some: (test) => test(value),
  };
}

/** Dates, booleans and ids. */
function plainOperand(column: RawBuilder<unknown>, base: SlotBase, inDocument: () => Operand): Operand {
  const value = sql`nullif(${column}, '')`;
  // As texts, which ids are to filters, they have an order that no slot of theirs has.
  const ordered = base.kind !== 'text';
  return {
    ...base,
    value,
    sortKey: value,
    missing: sql`(${column} = '')`,
    equalsAny: (values) => {
      if (values.some((one) => isLonger(one, SLOT_CHARACTERS - 1))) return inDocument().equalsAny(values);
      return sql`${column} in (${sql.join(values.map((one) => valueSql(base.kind, one)))})`;
    },
    within: (...bounds) =>
      ordered ? sql`(${column} > '' and ${withinBounds(base.kind, column, bounds)})` : inDocument().within(...bounds),
    holdsItem: () => sql`false`,
    contains: (text) => containsFolded(value, text),
    startsWith: (text) => startsWithFolded(value, text),
    some: (test) => test(value),
  };
}

function textOperand(column: RawBuilder<unknown>, field: Field, base: SlotBase, inDocument: () => Operand): Operand {
  const sortKey = sql`nullif(${column}, '')`;
  const text = sql`substr(${sortKey}, position(chr(1) in ${column}) + 1)`;
  const whole = !mayBeLonger(field);
  const keyOf = (value: string) => once(sql`text_key(${value}::text)`);
  return {
    ...base,
    value: whole ? text : sql`null`,
    sortKey,
    missing: sql`(${column} in ('', chr(1)))`,
    equalsAny: (values) => {
      const short = values.filter((one) => !isLonger(one, TEXT_CHARACTERS - 1));
      const long = values.filter((one) => isLonger(one, TEXT_CHARACTERS - 1));
      return sql<SqlBool>`(${sql.join(
        [
          ...(short.length > 0 ? [sql`${column} in (${sql.join(short.map(keyOf))})`] : []),
          ...long.map((one) => sql`(${column} = ${keyOf(one)} and ${inDocument().equalsAny([one])})`),
        ],
        sql` or `,
      )})`;
    },
    within: (...bounds) =>
      sql`(${column} > '' and ${withinBounds(base.kind, column, bounds, (one) => (one === column ? one : once(sql`text_key(${one})`)))})`,
    holdsItem: () => sql`false`,
    contains: (part) => (whole ? containsFolded(text, part) : inDocument().contains(part)),
    startsWith: (start) => (whole ? startsWithFolded(text, start) : inDocument().startsWith(start)),
    some: (test) => (whole ? test(text) : inDocument().some(test)),
  };
}

/** Kinds of items that are equal if and only if they are the same text. */
const exactItems: readonly (OperandKind | undefined)[] = ['text', 'boolean'];

function itemsOperand({ field, list }: SlotPlace, base: SlotBase, inDocument: () => Operand): Operand {
  if (!exactItems.includes(base.items)) return inDocument();
  return {
    ...base,
    get value() {
      return inDocument().value;
    },
    get sortKey() {
      return inDocument().sortKey;
    },
    get missing() {
      return inDocument().missing;
    },
    equalsAny: (values) => inDocument().equalsAny(values),
    within: (...bounds) => inDocument().within(...bounds),
    holdsItem: (value) => {
      const key = itemKey(sql`${sql.lit(list)}::integer`, field.id, sql`${value}::text`);
      return sql`v.items @> array[${once(key)}]`;
    },
    contains: (part) => inDocument().contains(part),
    startsWith: (start) => inDocument().startsWith(start),
    some: (test) => inDocument().some(test),
  };
}

function isLonger(text: string, characters: number): boolean {
  return text.length > characters && [...text].length > characters;
}

/** Whether a slot may hold a part only of a value. */
function mayBeLonger(field: Field): boolean {
  if (field.type === 'enum') return (field.values ?? []).some((value) => isLonger(value, TEXT_CHARACTERS));
  return (field.max_length ?? Number.POSITIVE_INFINITY) > TEXT_CHARACTERS;
}
