import type { ValueShape } from '../types/field.ts';

const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);

/**
 * Whether values are `Int`: whole numbers that are not declared to exceed 32 bits. Those that are declared so are
 * `Float`, which holds every whole number that JSON readers agree on.
 */
export function isIntegerField({ type, integer, min, max }: ValueShape): boolean {
  return type === 'number' && integer === true && Number(min ?? 0) >= MIN_INT && Number(max ?? 0) <= MAX_INT;
}

/** Whether the declared bounds of whole numbers keep every value within 32 bits. */
export function isBoundedInteger({ min, max }: ValueShape): boolean {
  return Number(min ?? Number.NEGATIVE_INFINITY) >= MIN_INT && Number(max ?? Number.POSITIVE_INFINITY) <= MAX_INT;
}

export function isInt(value: number): boolean {
  return Number.isInteger(value) && value >= MIN_INT && value <= MAX_INT;
}
