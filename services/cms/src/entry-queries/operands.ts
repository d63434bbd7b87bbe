import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, sql } from 'kysely';
import { type ReadScope, readScope } from '../entries/entry-columns.ts';
import { unreadableField } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { Field, ValueShape } from '../types/field.ts';
import { columnOperand } from './column-operand.ts';
import { type DocumentPath, documentOperand } from './document-operand.ts';
import type { Operand } from './operand.ts';
import type { OperandKind } from './operand-values.ts';

/** Names of an entry's own members that filters and sorts know. */
export const entryOperands = ['id', 'author', 'visibility', 'created_at', 'updated_at', 'published_at'] as const;
export type EntryOperandName = (typeof entryOperands)[number];

/** The rows of a query that are entries, as their caller sees them. */
export interface EntryRows {
  readonly scope: ReadScope;
  /** The copy that the caller sees. */
  readonly document: RawBuilder<unknown>;
  member(name: EntryOperandName): RawBuilder<unknown>;
  /** Gives the operand of a field that stands elsewhere than in the document alone. */
  fieldOperand?(field: Field, about: Pick<Operand, 'kind' | 'items' | 'sortable'>, inDocument: () => Operand): Operand;
}

/** Rows of the entries table under an alias, which is no text from outside. */
export function entryRows(caller: Caller, site: string, alias = 'e'): EntryRows {
  const scope = readScope(caller, site, alias);
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  return {
    scope,
    document: scope.pick(column('draft'), column('published')),
    member: (name) => (name === 'updated_at' ? scope.pick(column(name), column('reader_updated_at')) : column(name)),
  };
}

const memberKinds: Readonly<Record<EntryOperandName, OperandKind>> = {
  id: 'uuid',
  author: 'text',
  visibility: 'text',
  created_at: 'time',
  updated_at: 'time',
  published_at: 'time',
};

export function isEntryOperand(name: string): name is EntryOperandName {
  return Object.hasOwn(memberKinds, name);
}

/** The operand of an entry's own member. */
export function memberOperand(name: EntryOperandName, rows: EntryRows): Operand {
  const kind = memberKinds[name];
  const nullable = name === 'published_at' && !rows.scope.publishedOnly;
  return columnOperand(kind, rows.member(name), { nullable, sortable: kind === 'time' });
}

const kinds: Readonly<Record<ValueShape['type'], OperandKind>> = {
  text: 'text',
  richText: 'richText',
  number: 'number',
  decimal: 'decimal',
  boolean: 'boolean',
  date: 'date',
  enum: 'text',
  reference: 'text',
  asset: 'text',
  list: 'other',
  object: 'other',
};

/** Types of fields by which one can sort; long texts and ids have no useful order. */
const sortableTypes: readonly ValueShape['type'][] = ['text', 'number', 'decimal', 'boolean', 'date', 'enum'];

/** Where in an entry a path of names leads: a value of the entry, or a reference with names that are left. */
export interface FieldPlace {
  readonly operand: Operand;
  readonly shape: ValueShape;
  readonly beyond: readonly string[];
}

/**
 * The operand of a path, as the caller sees it, as far as the next reference; undefined for an unknown name. Throws
 * `field_not_readable`: by what a filter lets through or an order puts first, one would read the values of a field that
 * one may not read.
 */
export function fieldPlace(
  names: readonly string[],
  rows: EntryRows,
  type: CompiledType | undefined,
  caller: Caller,
): FieldPlace | undefined {
  const [name = '', ...rest] = names;
  const field = type?.fieldByName.get(name);
  if (field === undefined) return undefined;
  if (!mayReadField(caller, field.readable_by)) throw unreadableField(field.name);
  const found = descend(field, rest);
  if (found === undefined) return undefined;
  const { shape, path, beyond } = found;
  const about = {
    kind: kinds[shape.type],
    items: shape.type === 'list' && shape.of !== undefined ? kinds[shape.of.type] : undefined,
    sortable: beyond.length === 0 && sortableTypes.includes(shape.type),
  };
  const inDocument = () => documentOperand(rows.document, path, about);
  const own = path.length === 1 ? rows.fieldOperand?.(field, about, inDocument) : undefined;
  return { operand: own ?? inDocument(), shape, beyond };
}

/**
 * The operand of a path of an entry's own values; undefined for an unknown name. Throws `field_not_readable`. Nothing
 * is ordered by what lies beyond a reference.
 */
export function operandOf(
  name: string,
  rows: EntryRows,
  type: CompiledType | undefined,
  caller: Caller,
): Operand | undefined {
  if (isEntryOperand(name)) return memberOperand(name, rows);
  const place = fieldPlace(name.split('.'), rows, type, caller);
  return place && { ...place.operand, sortable: place.operand.sortable && place.beyond.length === 0 };
}

/** Whether a path passes a reference of the type's entries. */
export function passesReference(names: readonly string[], type: CompiledType | undefined): boolean {
  const [name = '', ...rest] = names;
  const field = type?.fieldByName.get(name);
  return field !== undefined && (descend(field, rest)?.beyond.length ?? 0) > 0;
}

/** Follows names into objects, and into the objects of lists, up to a value or a reference. */
function descend(
  field: Field,
  names: readonly string[],
): { shape: ValueShape; path: DocumentPath; beyond: readonly string[] } | undefined {
  let shape: ValueShape = field;
  const path: (string | undefined)[] = [field.id];
  for (const [index, name] of names.entries()) {
    while (shape.type === 'list' && shape.of !== undefined) {
      path.push(undefined);
      shape = shape.of;
    }
    if (shape.type === 'reference') return { shape, path, beyond: names.slice(index) };
    const member: Field | undefined =
      shape.type === 'object' ? shape.fields?.find((one) => one.name === name) : undefined;
    if (member === undefined) return undefined;
    path.push(member.id);
    shape = member;
  }
  return { shape, path, beyond: [] };
}
