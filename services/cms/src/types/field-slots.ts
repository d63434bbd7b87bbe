import type { Field, ValueShape } from './field.ts';

/** Columns of `entry_variants` that hold values of fields, for types to share. */
export const textSlots = Array.from({ length: 16 }, (_, index) => `s${index + 1}`);
export const numberSlots = Array.from({ length: 8 }, (_, index) => `n${index + 1}`);
/** The column that holds the items of all lists. */
export const ITEMS = 'items';

/** Which column holds the values of a field, by its id. */
export type FieldSlots = Readonly<Record<string, string>>;

const slotsOf: Readonly<Partial<Record<ValueShape['type'], readonly string[]>>> = {
  text: textSlots,
  enum: textSlots,
  date: textSlots,
  boolean: textSlots,
  reference: textSlots,
  asset: textSlots,
  number: numberSlots,
};

/** Types of items that `ITEMS` holds. */
const itemTypes: readonly ValueShape['type'][] = ['text', 'enum', 'date', 'boolean', 'reference', 'asset'];

/**
 * Gives every field a slot, as long as there are some; a field that has one keeps it. Fields without are filtered and sorted by
 * the documents.
 */
export function assignSlots(fields: readonly Field[], current: FieldSlots): FieldSlots {
  const kept = fields.flatMap((field): [string, string][] => {
    const slot = current[field.id];
    return slot === undefined ? [] : [[field.id, slot]];
  });
  const taken = new Set(kept.map(([, slot]) => slot));
  const slots = new Map(kept);
  for (const field of fields) {
    if (slots.has(field.id)) continue;
    const slot = holdsItems(field) ? ITEMS : slotsOf[field.type]?.find((candidate) => !taken.has(candidate));
    if (slot === undefined) continue;
    if (slot !== ITEMS) taken.add(slot);
    slots.set(field.id, slot);
  }
  return Object.fromEntries(slots);
}

function holdsItems(field: Field): boolean {
  return field.type === 'list' && field.of !== undefined && itemTypes.includes(field.of.type);
}
