import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import { type RawBuilder, sql } from 'kysely';
import type { ReadScope } from '../entries/entry-columns.ts';
import { unreadableField } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { ValueShape } from '../types/field.ts';

/** How values compare: texts and dates by code point, numbers as numbers, times as times. */
export type OperandKind = 'text' | 'number' | 'boolean' | 'date' | 'time' | 'uuid' | 'other';

/** Something of an entry that a filter or a sort can name. */
export interface Operand {
  readonly kind: OperandKind;
  /** Kind of the items, where it is a list. */
  readonly items: OperandKind | undefined;
  /** The value for comparisons: text, jsonb for numbers and booleans, timestamptz for times. */
  readonly value: RawBuilder<unknown>;
  /** The document and the field's id, where it is a field. */
  readonly field: { readonly document: RawBuilder<unknown>; readonly id: string } | undefined;
  readonly nullable: boolean;
  readonly sortable: boolean;
}

const kinds: Readonly<Record<ValueShape['type'], OperandKind>> = {
  text: 'text',
  richText: 'text',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  enum: 'text',
  reference: 'text',
  asset: 'text',
  list: 'other',
  object: 'other',
};

/** Types of fields by which one can sort; long texts and ids have no useful order. */
const sortableTypes: readonly ValueShape['type'][] = ['text', 'number', 'boolean', 'date', 'enum'];

/** Longest part of a text that counts for its place in an order; keeps cursors short. */
const SORTED_CHARACTERS = 200;

/**
 * The operand of a name, as the caller sees it; undefined for an unknown name. Throws `field_not_readable`: by what
 * a filter lets through or an order puts first, one would read the values of a field that one may not read.
 */
export function operandOf(
  name: string,
  scope: ReadScope,
  type: CompiledType | undefined,
  caller: Caller,
): Operand | undefined {
  return entryOperand(name, scope) ?? fieldOperand(name, scope, type, caller);
}

/** Names of an entry's own members that `operandOf` knows. */
export const entryOperands = ['id', 'author', 'visibility', 'created_at', 'updated_at', 'published_at'] as const;

function entryOperand(name: string, scope: ReadScope): Operand | undefined {
  const plain = { items: undefined, field: undefined, nullable: false, sortable: true };
  switch (name as (typeof entryOperands)[number]) {
    case 'id':
      return { ...plain, kind: 'uuid', value: sql`e.id`, sortable: false };
    case 'author':
      return { ...plain, kind: 'text', value: sql`e.author`, sortable: false };
    case 'visibility':
      return { ...plain, kind: 'text', value: sql`e.visibility`, sortable: false };
    case 'created_at':
      return { ...plain, kind: 'time', value: sql`e.created_at` };
    case 'updated_at':
      return { ...plain, kind: 'time', value: scope.pick(sql`e.updated_at`, sql`e.reader_updated_at`) };
    case 'published_at':
      return { ...plain, kind: 'time', value: sql`e.published_at`, nullable: !scope.publishedOnly };
    default:
      return undefined;
  }
}

function fieldOperand(
  name: string,
  scope: ReadScope,
  type: CompiledType | undefined,
  caller: Caller,
): Operand | undefined {
  const field = type?.fieldByName.get(name);
  if (field === undefined) return undefined;
  if (!mayReadField(caller, field.readable_by)) throw unreadableField(field.name);
  const document = scope.pick(sql`e.draft`, sql`e.published`);
  const kind = kinds[field.type];
  const json = kind === 'number' || kind === 'boolean';
  return {
    kind,
    items: field.type === 'list' && field.of !== undefined ? kinds[field.of.type] : undefined,
    value: json ? sql`(${document} -> ${field.id}::text)` : sql`(${document} ->> ${field.id}::text) collate "C"`,
    field: { document, id: field.id },
    nullable: true,
    sortable: sortableTypes.includes(field.type),
  };
}

/** The operand's value as it counts for an order. */
export function sortValue(operand: Operand): RawBuilder<unknown> {
  return operand.kind === 'text'
    ? sql`left(${operand.value}, ${sql.lit(SORTED_CHARACTERS)}) collate "C"`
    : operand.value;
}
