import { type SqlBool, sql } from 'kysely';
import type { CmsReader } from '../database.ts';
import type { ContentType, Field } from './field.ts';
import type { FieldSlots } from './field-slots.ts';

export interface TypeRow {
  site: string;
  id: string;
  name: string;
  label: string | null;
  title_field: string | null;
  language: string | null;
  fields: unknown;
  version: number;
  created_at: Date;
  updated_at: Date;
  list: number;
  slots: unknown;
}

/** A type's name without case, `-` and `_`. */
export function nameKey(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

export function typeOfRow(row: TypeRow): ContentType {
  return {
    site: row.site,
    id: row.id,
    name: row.name,
    label: row.label ?? undefined,
    titleField: row.title_field ?? undefined,
    language: row.language ?? undefined,
    fields: row.fields as Field[],
    list: row.list,
    slots: row.slots as FieldSlots,
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}

/** The types of a site, by name. */
export async function listTypes(reader: CmsReader, site: string): Promise<ContentType[]> {
  const rows = await reader.selectFrom('content_types').selectAll().where('site', '=', site).orderBy('name').execute();
  return rows.map(typeOfRow);
}

export async function findType(reader: CmsReader, site: string, name: string): Promise<ContentType | undefined> {
  const row = await reader
    .selectFrom('content_types')
    .selectAll()
    .where('site', '=', site)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && typeOfRow(row);
}

export async function findTypesById(
  reader: CmsReader,
  keys: readonly { site: string; id: string }[],
): Promise<ContentType[]> {
  if (keys.length === 0) return [];
  const pairs = sql.join(keys.map((key) => sql`(${key.site}, ${key.id}::uuid)`));
  const rows = await reader
    .selectFrom('content_types')
    .selectAll()
    .where(sql<SqlBool>`(site, id) in (${pairs})`)
    .execute();
  return rows.map(typeOfRow);
}

/** Gives the type with its number. */
export async function insertType(reader: CmsReader, type: Omit<ContentType, 'list'>): Promise<ContentType> {
  const { list } = await reader
    .insertInto('content_types')
    .values({ site: type.site, id: type.id, created_at: new Date(type.createdAt), ...columnsOf(type) })
    .returning('list')
    .executeTakeFirstOrThrow();
  return { ...type, list };
}

export async function updateType(reader: CmsReader, type: ContentType): Promise<void> {
  await reader
    .updateTable('content_types')
    .set(columnsOf(type))
    .where('site', '=', type.site)
    .where('id', '=', type.id)
    .execute();
}

function columnsOf(type: Omit<ContentType, 'list'>) {
  return {
    name: type.name,
    name_key: nameKey(type.name),
    label: type.label ?? null,
    title_field: type.titleField ?? null,
    language: type.language ?? null,
    fields: sql<unknown>`${JSON.stringify(type.fields)}::jsonb`,
    slots: sql<unknown>`${JSON.stringify(type.slots)}::jsonb`,
    version: type.version,
    updated_at: new Date(type.updatedAt),
  };
}
