import type { FieldRules } from '@gaia/policy/fields';
import type { FieldSlots } from './field-slots.ts';

export const fieldTypes = [
  'text',
  'richText',
  'number',
  'decimal',
  'boolean',
  'date',
  'enum',
  'reference',
  'asset',
  'list',
  'object',
] as const;
export type FieldType = (typeof fieldTypes)[number];

/** What a value may be, whether it is a field's or an item's of a list. Bounds count characters, items, or numbers. */
export interface ValueShape {
  readonly type: FieldType;
  readonly min_length?: number;
  readonly max_length?: number;
  /** Of a number a number, of a decimal a decimal. */
  readonly min?: number | string;
  readonly max?: number | string;
  /** Digits of a decimal, and those of them after the point. */
  readonly precision?: number;
  readonly scale?: number;
  readonly integer?: boolean;
  readonly values?: readonly string[];
  /** Ids of the types that a reference may lead to; any type if absent. */
  readonly to?: readonly string[];
  readonly of?: ValueShape;
  readonly fields?: readonly Field[];
  readonly min_items?: number;
  readonly max_items?: number;
}

/**
 * A field of a content type. Entries keep its value under `id`, which never changes: giving a field another name
 * touches no entry. `readable_by` and `writable_by` name the roles that may; only fields of the type itself have them.
 */
export interface Field extends ValueShape, FieldRules {
  readonly id: string;
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
  readonly required: boolean;
  readonly unique: boolean;
  readonly default?: string | number | boolean;
  /** Whether search finds an entry by it; texts and enums are searched if it is absent, all others are not. */
  readonly searchable?: boolean;
  /** BCP 47; the type's if absent. */
  readonly language?: string;
  /** Whether search counts its values. */
  readonly facet?: boolean;
}

export interface ContentType {
  readonly site: string;
  readonly id: string;
  readonly name: string;
  readonly label: string | undefined;
  /** Id of the text field that names an entry in lists and in search. */
  readonly titleField: string | undefined;
  /** BCP 47: of texts whose field names no other. */
  readonly language: string | undefined;
  readonly fields: readonly Field[];
  /** The number of the type, and where lists find the values of its fields: see `entry_variants`. */
  readonly list: number;
  readonly slots: FieldSlots;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export const bounds = Object.freeze({
  typesOfSite: 200,
  /** Of a type, nested ones included. */
  fields: 100,
  /** Lists and objects within each other, below a field. */
  depth: 4,
  textLength: 10_000,
  richTextLength: 200_000,
  enumValues: 200,
  listItems: 500,
  /** Of the JSON of one copy of an entry's fields. */
  entryBytes: 512 * 1024,
});

/** Members of an entry on the wire; no field has such a name, so that a sort or filter is never ambiguous. */
export const entryMembers: readonly string[] = Object.freeze([
  'id',
  'site',
  'type',
  'status',
  'visibility',
  'roles',
  'products',
  'author',
  'fields',
  'version',
  'changed',
  'seq',
  'created_at',
  'updated_at',
  'published_at',
  'updated_by',
  'updated_via',
]);
