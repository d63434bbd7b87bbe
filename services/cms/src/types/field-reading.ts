import { type ProblemPart, pointerPart } from '@gaia/http-service/problem';
import { compareDecimals } from '../values/decimal.ts';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import { bounds, entryMembers, type Field, type FieldType, fieldTypes, type ValueShape } from './field.ts';
import {
  canBeFacet,
  canBeUnique,
  canHaveDefault,
  canonicalDefault,
  fieldOptions,
  necessaryOptions,
  orderedOptions,
  shapeOptions,
} from './field-options.ts';

export interface FieldReading {
  /** Makes the id of a new field. */
  newId(): string;
  /** Fields that the type has already, on the same level: they keep their ids. */
  readonly existing: readonly Field[];
  /** Id of a type of the site by its name. */
  typeIdOf(name: string): string | undefined;
  /** Takes what is wrong. */
  report(part: ProblemPart): void;
}

const nameSyntax = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/**
 * Reads the definitions of fields as a caller sends them. A definition whose `id` is an existing field's, or
 * without an id whose `name` is, stands for that field: it keeps its id and its type. Whatever is wrong is
 * reported by its path; the result is good only if nothing was.
 */
export function readFields(input: unknown, path: string, reading: FieldReading, depth = 0): Field[] {
  if (!Array.isArray(input)) {
    reading.report({ path, message: 'must be a list of fields' });
    return [];
  }
  const fields: Field[] = [];
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const [index, item] of input.slice(0, bounds.fields + 1).entries()) {
    const field = readField(item, `${path}/${index}`, reading, depth);
    if (field === undefined) continue;
    if (names.has(field.name)) reading.report({ path: `${path}/${index}/name`, message: 'is there twice' });
    if (ids.has(field.id)) reading.report({ path: `${path}/${index}/id`, message: 'is there twice' });
    names.add(field.name);
    ids.add(field.id);
    fields.push(field);
  }
  if (depth === 0 && countFields(fields) > bounds.fields) {
    reading.report({ path, message: `must have at most ${bounds.fields} fields, nested ones included` });
  }
  return fields;
}

export function countFields(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + 1 + countOfShape(field), 0);
}

function countOfShape(shape: ValueShape): number {
  return countFields(shape.fields ?? []) + (shape.of === undefined ? 0 : countOfShape(shape.of));
}

function readField(input: unknown, path: string, reading: FieldReading, depth: number): Field | undefined {
  if (!isJsonObject(input)) {
    reading.report({ path, message: 'must be an object' });
    return undefined;
  }
  const name = input.name;
  // A field may be older than a member of entries that has its name.
  const isKept = reading.existing.some((field) => field.name === name);
  if (typeof name !== 'string' || !(isKept || isFieldName(name))) {
    reading.report({
      path: `${path}/name`,
      message: 'must be letters, digits and _ after a letter, at most 63, and no name that every entry or object has',
    });
    return undefined;
  }
  const known = existingField(input, path, reading);
  if (known === 'unknown') return undefined;
  const shape = readShape(input, path, { ...reading, existing: known?.fields ?? [] }, depth, fieldOptions, known);
  if (shape === undefined) return undefined;
  if (known !== undefined && known.type !== shape.type) {
    reading.report({ path: `${path}/type`, message: `is ${known.type} and stays so; make a new field instead` });
  }
  const required = input.required === true;
  const unique = input.unique === true;
  if (unique && (depth > 0 || !canBeUnique(shape.type))) {
    reading.report({
      path: `${path}/unique`,
      message: 'is for text, number, decimal, date and enum fields outside of objects',
    });
  }
  for (const rule of ['readable_by', 'writable_by'] as const) {
    if (depth > 0 && input[rule] !== undefined) {
      reading.report({ path: `${path}/${rule}`, message: 'is for fields outside of objects' });
    }
  }
  if (input.facet === true && (depth > 0 || !canBeFacet(shape))) {
    reading.report({ path: `${path}/facet`, message: 'is for short values and lists of them, outside of objects' });
  }
  return {
    ...shape,
    id: known?.id ?? reading.newId(),
    name,
    ...(typeof input.label === 'string' && { label: input.label }),
    ...(typeof input.description === 'string' && { description: input.description }),
    required,
    unique,
    ...(Array.isArray(input.readable_by) && { readable_by: input.readable_by as string[] }),
    ...(Array.isArray(input.writable_by) && { writable_by: input.writable_by as string[] }),
    ...searchOptions(input),
    ...readDefault(input, path, reading, shape, depth),
  };
}

function searchOptions({ searchable, language, facet }: JsonObject): Pick<Field, 'searchable' | 'language' | 'facet'> {
  return {
    ...(typeof searchable === 'boolean' && { searchable }),
    ...(typeof language === 'string' && { language }),
    ...(typeof facet === 'boolean' && { facet }),
  };
}

function isFieldName(name: string): boolean {
  return nameSyntax.test(name) && !name.includes('__') && !(name in {}) && !entryMembers.includes(name);
}

function existingField(input: JsonObject, path: string, reading: FieldReading): Field | 'unknown' | undefined {
  if (input.id === undefined) return reading.existing.find((field) => field.name === input.name);
  const known = reading.existing.find((field) => field.id === input.id);
  if (known !== undefined) return known;
  reading.report({ path: `${path}/id`, message: 'is no field of this type; a new field gets its id here' });
  return 'unknown';
}

function readDefault(input: JsonObject, path: string, reading: FieldReading, shape: ValueShape, depth: number) {
  const value = input.default;
  if (value === undefined) return {};
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (depth > 0 || !scalar || !canHaveDefault(shape.type)) {
    reading.report({ path: `${path}/default`, message: 'is a text, number or boolean, for such fields' });
    return {};
  }
  return { default: canonicalDefault(shape.type, value) };
}

function readShape(
  input: JsonObject,
  path: string,
  reading: FieldReading,
  depth: number,
  besides: Readonly<Record<string, unknown>>,
  known: ValueShape | undefined,
): ValueShape | undefined {
  const type = input.type;
  if (!fieldTypes.includes(type as FieldType)) {
    reading.report({ path: `${path}/type`, message: `must be one of ${fieldTypes.join(', ')}` });
    return undefined;
  }
  const options = shapeOptions[type as FieldType];
  const shape: Record<string, unknown> = { type };
  for (const [option, value] of Object.entries(input)) {
    if (option === 'type') continue;
    const check = Object.hasOwn(options, option) ? options[option] : undefined;
    const wrong = (check ?? (Object.hasOwn(besides, option) ? fieldOptions[option] : undefined) ?? unknownOption)(
      value,
    );
    if (wrong !== undefined) reading.report({ path: `${path}/${pointerPart(option)}`, message: wrong });
    else if (check !== undefined) shape[option] = value;
  }
  checkTogether(shape, type as FieldType, path, reading);
  return { ...(shape as unknown as ValueShape), ...readNested(input, shape, path, reading, depth, known) };
}

const unknownOption = () => 'is not an option of such a field';

function checkTogether(shape: JsonObject, type: FieldType, path: string, reading: FieldReading): void {
  const necessary = necessaryOptions[type];
  if (necessary !== undefined && shape[necessary] === undefined) {
    reading.report({ path: `${path}/${necessary}`, message: 'is missing' });
  }
  for (const [low, high] of orderedOptions) {
    const [from, to] = [shape[low], shape[high]];
    const disordered =
      typeof from === 'number' && typeof to === 'number'
        ? from > to
        : typeof from === 'string' && typeof to === 'string' && compareDecimals(from, to) > 0;
    if (disordered) {
      reading.report({ path: `${path}/${low}`, message: `must not be above ${high}` });
    }
  }
}

function readNested(
  input: JsonObject,
  shape: JsonObject,
  path: string,
  reading: FieldReading,
  depth: number,
  known: ValueShape | undefined,
): Partial<ValueShape> {
  if (shape.to !== undefined) return { to: readTargets(shape.to as string[], `${path}/to`, reading) };
  if (shape.of === undefined && shape.fields === undefined) return {};
  if (depth >= bounds.depth) {
    reading.report({ path, message: `must not nest deeper than ${bounds.depth} levels` });
    return {};
  }
  if (shape.fields !== undefined) {
    return { fields: readFields(input.fields, `${path}/fields`, reading, depth + 1) };
  }
  const item = input.of;
  const knownItem = known?.of;
  if (!isJsonObject(item)) {
    reading.report({ path: `${path}/of`, message: 'must be an object' });
    return {};
  }
  const inside = { ...reading, existing: knownItem?.fields ?? [] };
  const of = readShape(item, `${path}/of`, inside, depth + 1, {}, knownItem);
  if (of === undefined) return {};
  if (knownItem !== undefined && knownItem.type !== of.type) {
    reading.report({ path: `${path}/of/type`, message: `is ${knownItem.type} and stays so; make a new field instead` });
  }
  return { of };
}

function readTargets(names: readonly string[], path: string, reading: FieldReading): string[] {
  return names.flatMap((name, index) => {
    const id = reading.typeIdOf(name);
    if (id === undefined) reading.report({ path: `${path}/${index}`, message: 'is no content type of this site' });
    return id === undefined ? [] : [id];
  });
}
