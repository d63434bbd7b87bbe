import { canonicalDate } from '../values/calendar-date.ts';
import { isDecimal, MAX_PRECISION } from '../values/decimal.ts';
import { isLanguageTag } from '../values/language-tag.ts';
import { isRoleName } from '../values/names.ts';
import { bounds, type FieldType, type ValueShape } from './field.ts';

/** Checks one option of a field; gives what is wrong with it, or undefined. */
type OptionCheck = (value: unknown) => string | undefined;

const wholeNumber =
  (min: number, max: number): OptionCheck =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`;
const finiteNumber: OptionCheck = (value) => (Number.isFinite(value) ? undefined : 'must be a number');
const decimal: OptionCheck = (value) =>
  typeof value === 'string' && isDecimal(value) ? undefined : 'must be a decimal as text, such as "19.90"';
const trueOrFalse: OptionCheck = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const textUpTo =
  (max: number): OptionCheck =>
  (value) =>
    typeof value === 'string' && value.length >= 1 && value.length <= max
      ? undefined
      : `must be a text of 1 to ${max} characters`;
const texts =
  (max: number, length: number): OptionCheck =>
  (value) => {
    const usable =
      Array.isArray(value) &&
      value.length >= 1 &&
      value.length <= max &&
      new Set(value).size === value.length &&
      value.every((item) => textUpTo(length)(item) === undefined);
    return usable ? undefined : `must list 1 to ${max} different texts of at most ${length} characters`;
  };
/** BCP 47: a language, with or without a script and a region. */
const languageTag: OptionCheck = (value) =>
  isLanguageTag(value) ? undefined : 'must be a language tag such as de or pt-BR';
const nested: OptionCheck = () => undefined;
const roleNames: OptionCheck = (value) =>
  texts(20, 63)(value) ?? ((value as string[]).every(isRoleName) ? undefined : 'must list names of roles');

const textLengths = (max: number) => ({ min_length: wholeNumber(0, max), max_length: wholeNumber(1, max) });

/** The options that values of each type take; fields take `fieldOptions` besides. */
export const shapeOptions: Readonly<Record<FieldType, Readonly<Record<string, OptionCheck>>>> = {
  text: textLengths(bounds.textLength),
  richText: textLengths(bounds.richTextLength),
  number: { min: finiteNumber, max: finiteNumber, integer: trueOrFalse },
  decimal: {
    min: decimal,
    max: decimal,
    precision: wholeNumber(1, MAX_PRECISION),
    scale: wholeNumber(0, MAX_PRECISION),
  },
  boolean: {},
  date: {},
  enum: { values: texts(bounds.enumValues, 200) },
  reference: { to: texts(bounds.typesOfSite, 63) },
  asset: {},
  list: { of: nested, min_items: wholeNumber(0, bounds.listItems), max_items: wholeNumber(1, bounds.listItems) },
  object: { fields: nested },
};

export const fieldOptions: Readonly<Record<string, OptionCheck>> = {
  id: textUpTo(63),
  name: textUpTo(63),
  label: textUpTo(200),
  description: textUpTo(1_000),
  required: trueOrFalse,
  unique: trueOrFalse,
  default: nested,
  readable_by: roleNames,
  writable_by: roleNames,
  searchable: trueOrFalse,
  language: languageTag,
  facet: trueOrFalse,
};

/** Options without which a value of a type has no meaning. */
export const necessaryOptions: Readonly<Partial<Record<FieldType, string>>> = {
  enum: 'values',
  list: 'of',
  object: 'fields',
};

/** Pairs of options of which the first must not be above the second. */
export const orderedOptions = [
  ['min_length', 'max_length'],
  ['min', 'max'],
  ['min_items', 'max_items'],
  ['scale', 'precision'],
] as const;

const uniqueTypes: readonly FieldType[] = ['text', 'number', 'decimal', 'date', 'enum'];
const facetTypes: readonly FieldType[] = ['text', 'number', 'decimal', 'boolean', 'date', 'enum', 'reference'];
const defaultTypes: readonly FieldType[] = ['text', 'richText', 'number', 'decimal', 'boolean', 'date', 'enum'];

export function canBeUnique(type: FieldType): boolean {
  return uniqueTypes.includes(type);
}

export function canHaveDefault(type: FieldType): boolean {
  return defaultTypes.includes(type);
}

/** Fields whose values are counted beside the results of a search: those with few different values, and lists of them. */
export function canBeFacet({ type, of }: Pick<ValueShape, 'type' | 'of'>): boolean {
  return facetTypes.includes(type === 'list' && of !== undefined ? of.type : type);
}

/** A default as it is kept: dates in their canonical form. */
export function canonicalDefault(type: FieldType, value: string | number | boolean): string | number | boolean {
  return type === 'date' && typeof value === 'string' ? (canonicalDate(value) ?? value) : value;
}
