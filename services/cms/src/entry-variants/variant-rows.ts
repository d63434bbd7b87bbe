import { type RawBuilder, sql } from 'kysely';
import type { ContentType, Field } from '../types/field.ts';
import { ITEMS, numberSlots, textSlots } from '../types/field-slots.ts';

/** A published variant beside the draft of the same entry. */
export const variantList = (type: Pick<ContentType, 'list'>, variant: 'draft' | 'published'): number =>
  type.list * 2 + (variant === 'published' ? 1 : 0);

/** What stands in a slot where an entry has no value: smaller than any text, greater than any number. */
export const NO_TEXT = sql.lit('');
export const NO_NUMBER = sql`'NaN'::numeric`;
/** The same for `published_at`. */
export const NO_TIME = sql`'infinity'::timestamptz`;

/** Longest part of a value that a slot holds; of a text, as much as `text_key` takes. */
export const SLOT_CHARACTERS = 200;
export const TEXT_CHARACTERS = 100;

const ownColumns = [
  'site',
  'entry_id',
  'list',
  'author',
  'access_class',
  'created_at',
  'updated_at',
  'published_at',
] as const;
const valueColumns = [...textSlots, ...numberSlots, ITEMS];
const columns = [...ownColumns, ...valueColumns];
const changing = columns.filter((column) => column !== 'site' && column !== 'entry_id' && column !== 'list');
const refs = (names: readonly string[], table: string) => sql.join(names.map((name) => sql.ref(`${table}.${name}`)));

/**
 * Writes the variants of entries of a type: of rows of `entries` under the name `e`. A row that says so already is left alone.
 * `from`: `from …` and what follows.
 */
export function writeVariants(type: ContentType, from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    insert into entry_variants as v (${sql.join(columns.map((name) => sql.id(name)))})
    select e.site, e.id, p.list, e.author, e.access_class, e.created_at, p.updated_at,
      coalesce(e.published_at, ${NO_TIME}), ${sql.join(valueColumns.map((column) => columnValue(type, column)))}
    ${from} cross join lateral (values
      (${sql.lit(variantList(type, 'draft'))}, e.draft, e.updated_at),
      (${sql.lit(variantList(type, 'published'))}, e.published, e.reader_updated_at)) p(list, doc, updated_at)
    where p.doc is not null
    on conflict (entry_id, list) do update set (${sql.join(changing.map((name) => sql.id(name)))}) =
      (${refs(changing, 'excluded')})
    where (${refs(changing, 'v')}) is distinct from (${refs(changing, 'excluded')})`;
}

/** Takes away published variants of entries, rows of `entries` under the name `e`, that are published no more. */
export function dropVariants(type: ContentType, from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    delete from entry_variants v using ${from}
    where e.published is null and v.entry_id = e.id and v.list = ${sql.lit(variantList(type, 'published'))}`;
}

function columnValue(type: ContentType, column: string): RawBuilder<unknown> {
  const fields = type.fields.filter((field) => type.slots[field.id] === column);
  if (column === ITEMS) return itemsOf(fields);
  const [field] = fields;
  return field === undefined ? sql`null` : slotValue(field, sql`p.doc`);
}

function itemsOf(fields: readonly Field[]): RawBuilder<unknown> {
  if (fields.length === 0) return sql`'{}'::text[]`;
  const lists = fields.map(
    ({ id }) => sql`select ${itemKey(sql`p.list`, id, sql`i.item`)} from jsonb_array_elements_text(
      case when jsonb_typeof(p.doc -> ${sql.lit(id)}) = 'array' then p.doc -> ${sql.lit(id)} else '[]' end) i(item)`,
  );
  return sql`array(${sql.join(lists, sql` union `)})`;
}

/** How an item of a list stands among the items of a variant: long ones by a digest of what does not fit. */
export function itemKey(list: RawBuilder<unknown>, fieldId: string, item: RawBuilder<unknown>): RawBuilder<unknown> {
  const rest = sql`case when length(${item}) > 100 then encode(sha256(convert_to(${item}, 'UTF8')), 'hex') else '' end`;
  return sql`${list} || ${sql.lit(` ${fieldId} `)} || left(${item}, 100) || ${rest}`;
}

/** The value of a field in a document as a slot holds it; null where it is missing. */
export function valueInDocument(field: Field, document: RawBuilder<unknown>): RawBuilder<unknown> {
  const text = sql`(${document} ->> ${sql.lit(field.id)})`;
  switch (field.type) {
    case 'number':
      return sql`${text}::numeric`;
    case 'text':
    case 'enum':
      return sql`text_key(${text})`;
    default:
      return sql`left(${text}, ${sql.lit(SLOT_CHARACTERS)})`;
  }
}

function slotValue(field: Field, document: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`coalesce(${valueInDocument(field, document)}, ${field.type === 'number' ? NO_NUMBER : NO_TEXT})`;
}
