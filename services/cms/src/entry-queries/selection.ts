import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import type { RichTextFormat } from '../entries/rich-text-format.ts';
import { problem, unreadableField } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { entryMembers, type Field, type ValueShape } from '../types/field.ts';
import { unknownField } from './unknown-field.ts';

type Path = readonly string[];

/** What of an entry is given, as paths of names from the entry; also of the entries to which its references lead. */
export interface Selection {
  /** Undefined: all fields. A path that passes a reference has it expanded. */
  readonly fields: readonly Path[] | undefined;
  readonly expand: readonly Path[];
  readonly richText: RichTextFormat | undefined;
}

export const selectionBounds = Object.freeze({
  /** Of each parameter, in characters. */
  length: 1_000,
  paths: 50,
  expand: 10,
  names: 10,
  /** References that a path passes. */
  references: 3,
});

/** Reads `fields=` and `expand=`. Throws what `refuse` gives. */
export function readSelection(
  query: { readonly fields?: string; readonly expand?: string; readonly rich_text?: RichTextFormat },
  refuse: (name: string, message: string) => Error,
): Selection {
  const { fields, expand, rich_text: richText } = query;
  return {
    richText,
    fields: fields === undefined ? undefined : readPaths('fields', fields, selectionBounds.paths, refuse),
    expand: expand === undefined ? [] : readPaths('expand', expand, selectionBounds.expand, refuse),
  };
}

function readPaths(
  parameter: string,
  text: string,
  most: number,
  refuse: (name: string, message: string) => Error,
): Path[] {
  const paths = [...new Set(text.split(','))].map((path) => path.split('.'));
  if (paths.some((path) => path.includes(''))) throw refuse(parameter, 'must be names, comma-separated');
  if (paths.length > most) throw refuse(parameter, `must have at most ${most} names`);
  if (paths.some((path) => path.length > selectionBounds.names)) throw refuse(parameter, 'has a path that is too long');
  return paths;
}

export function selectsAll({ fields, expand }: Selection): boolean {
  return fields === undefined && expand.length === 0;
}

export function passesReferences({ fields = [], expand }: Selection): boolean {
  return [...fields, ...expand].some((path) => path.length > 1);
}

/** Types to which a reference can lead. */
type TargetsOf = (reference: ValueShape) => readonly CompiledType[];

/**
 * Checks the names of a selection of entries of some types. A name must be one of a field of one of them, and whoever
 * asks must be able to read it wherever there is one. Throws `unknown_field`, `field_not_readable`, `validation_failed`.
 */
export function checkSelection(
  { fields = [], expand }: Selection,
  types: readonly CompiledType[],
  targetsOf: TargetsOf,
  caller: Caller,
): void {
  for (const path of fields) {
    if (path.length > 1 || !entryMembers.includes(path[0] ?? '')) check(path, types, 'fields');
  }
  for (const path of expand) check(path, types, 'expand');

  function check(whole: Path, from: readonly CompiledType[], parameter: 'fields' | 'expand'): void {
    const name = whole.join('.');
    let references = 0;
    checkFrom(whole, from);

    function checkFrom([first = '', ...rest]: Path, candidates: readonly CompiledType[]): void {
      const found = candidates.flatMap((type) => type.fieldByName.get(first) ?? []);
      if (found.length === 0) throw unknownField(name, candidates.length === 1 ? candidates[0] : 'beyond');
      if (!found.every((field) => mayReadField(caller, field.readable_by))) throw unreadableField(first);
      const ends = found.flatMap((field) => endOf(field, rest) ?? []);
      if (ends.length === 0) throw unknownField(name, 'beyond');
      const left = ends.filter(({ beyond }) => beyond.length > 0);
      if (parameter === 'expand' && !ends.some(({ shape }) => shape.type === 'reference')) {
        throw refuse(parameter, `leads to no reference: ${name}`);
      }
      const [one] = left;
      if (one === undefined) return;
      references += 1;
      if (references > selectionBounds.references - (parameter === 'expand' ? 1 : 0)) {
        throw refuse(parameter, `must pass at most ${selectionBounds.references} references`);
      }
      const next = new Map(left.flatMap(({ shape }) => targetsOf(shape).map((type) => [type.id, type])));
      if (isMember(one.beyond)) return;
      checkFrom(one.beyond, [...next.values()]);
    }
  }

  function isMember(path: Path): boolean {
    return path.length === 1 && entryMembers.includes(path[0] ?? '');
  }
}

/** Follows names through objects and lists, up to a value or the next reference. */
export function endOf(field: Field, names: Path): { shape: ValueShape; beyond: Path } | undefined {
  let shape: ValueShape = itemOf(field);
  for (const [index, name] of names.entries()) {
    if (shape.type === 'reference') return { shape, beyond: names.slice(index) };
    const member: Field | undefined =
      shape.type === 'object' ? shape.fields?.find((one) => one.name === name) : undefined;
    if (member === undefined) return undefined;
    shape = itemOf(member);
  }
  return { shape, beyond: [] };
}

function itemOf(shape: ValueShape): ValueShape {
  return shape.type === 'list' && shape.of !== undefined ? itemOf(shape.of) : shape;
}

function refuse(parameter: string, message: string) {
  const path = `/query/${parameter}`;
  const text = message.slice(0, 300);
  return problem('validation_failed', { detail: `${path} ${text}.`, errors: [{ path, message: text }] });
}
