import type { AccessRule, Visibility } from '@gaia/policy/access-rule';
import type { Caller } from '@gaia/policy/visibility';
import { type Selectable, sql } from 'kysely';
import type { CmsTransaction, EntryTable } from '../database.ts';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { typeOfRow } from '../types/type-store.ts';
import { reserveEntryValues } from '../types/unique-values.ts';
import type { JsonObject } from '../values/json-values.ts';
import { isUuid } from '../values/uuid.ts';
import type { EntryView } from './entry.ts';
import { entrySight } from './entry-columns.ts';
import { keepReferences } from './entry-references.ts';

/** An entry with both copies, as it is while one changes it. */
export interface StoredEntry {
  readonly site: string;
  readonly id: string;
  readonly typeId: string;
  readonly author: string;
  readonly rule: AccessRule;
  readonly accessClass: number;
  readonly version: number;
  readonly readerVersion: number | undefined;
  readonly draft: JsonObject;
  readonly published: JsonObject | undefined;
  readonly changed: boolean;
  readonly fieldVersions: Readonly<Record<string, number>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly publishedAt: number | undefined;
  readonly readerUpdatedAt: number | undefined;
}

/** Takes an entry for changing it. Throws `entry_not_found` also for one that the caller may not read. */
export async function lockEntry(
  transaction: CmsTransaction,
  caller: Caller,
  site: string,
  id: string,
): Promise<StoredEntry> {
  if (!isUuid(id)) throw problem('entry_not_found');
  const row = await transaction
    .selectFrom('entries as e')
    .selectAll('e')
    .where('e.site', '=', site)
    .where('e.id', '=', id)
    .where(entrySight(caller, site).visible)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw problem('entry_not_found');
  return storedOf(row);
}

/** Reads a type so that it stays as it is until the transaction ends. */
export async function holdType(
  transaction: CmsTransaction,
  types: TypeCache,
  site: string,
  by: { readonly id: string } | { readonly name: string },
): Promise<CompiledType | undefined> {
  const all = transaction.selectFrom('content_types').selectAll().where('site', '=', site);
  const one = 'id' in by ? all.where('id', '=', by.id) : all.where('name', '=', by.name);
  const row = await one.forKeyShare().executeTakeFirst();
  return row && types.compiled(typeOfRow(row));
}

export async function insertEntry(transaction: CmsTransaction, entry: StoredEntry, type: CompiledType): Promise<void> {
  await transaction
    .insertInto('entries')
    .values({
      site: entry.site,
      id: entry.id,
      type_id: entry.typeId,
      author: entry.author,
      created_at: new Date(entry.createdAt),
      ...changingColumns(entry),
    })
    .execute();
  await reserveUniques(transaction, entry, type);
  await keepReferences(transaction, entry, type);
}

export async function updateEntry(transaction: CmsTransaction, entry: StoredEntry, type: CompiledType): Promise<void> {
  await transaction
    .updateTable('entries')
    .set(changingColumns(entry))
    .where('site', '=', entry.site)
    .where('id', '=', entry.id)
    .execute();
  await reserveUniques(transaction, entry, type);
  await keepReferences(transaction, entry, type);
}

/** The working copy, as who changes it sees it. */
export function workingView(entry: StoredEntry, type: CompiledType, caller: Caller): EntryView {
  return {
    site: entry.site,
    id: entry.id,
    type,
    status: entry.published === undefined ? 'draft' : 'published',
    rule: entry.rule,
    accessClass: entry.accessClass,
    author: entry.author,
    document: type.readableDocument(caller, entry.draft),
    version: entry.version,
    changed: entry.changed,
    createdAt: entry.createdAt,
    updatedAt: entry.updatedAt,
    publishedAt: entry.publishedAt,
  };
}

async function reserveUniques(transaction: CmsTransaction, entry: StoredEntry, type: CompiledType): Promise<void> {
  const unique = type.fields.filter((field) => field.unique);
  if (unique.length === 0) return;
  const owner = { site: entry.site, entryId: entry.id };
  const taken = await reserveEntryValues(
    transaction,
    owner,
    unique.map((field) => field.id),
  );
  if (taken.length === 0) return;
  const errors = unique
    .filter((field) => taken.includes(field.id))
    .map((field) => ({ path: `/body/fields/${field.name}`, message: 'is the value of another entry' }));
  throw problem('value_not_unique', { errors });
}

function changingColumns(entry: StoredEntry) {
  const draft = JSON.stringify(entry.draft);
  const published = entry.published === undefined ? null : JSON.stringify(entry.published);
  return {
    visibility: entry.rule.visibility,
    access_class: entry.accessClass,
    access_names: [...entry.rule.names],
    version: entry.version,
    reader_version: entry.readerVersion ?? null,
    draft: sql<unknown>`${draft}::jsonb`,
    published: sql<unknown>`${published}::jsonb`,
    changed: entry.changed,
    field_versions: sql<unknown>`${JSON.stringify(entry.fieldVersions)}::jsonb`,
    bytes: Buffer.byteLength(draft) + Buffer.byteLength(published ?? ''),
    updated_at: new Date(entry.updatedAt),
    published_at: dateOrNull(entry.publishedAt),
    reader_updated_at: dateOrNull(entry.readerUpdatedAt),
  };
}

function dateOrNull(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

function storedOf(row: Selectable<EntryTable>): StoredEntry {
  return {
    site: row.site,
    id: row.id,
    typeId: row.type_id,
    author: row.author,
    rule: { visibility: row.visibility as Visibility, names: row.access_names },
    accessClass: row.access_class,
    version: row.version,
    readerVersion: row.reader_version ?? undefined,
    draft: row.draft as JsonObject,
    published: (row.published ?? undefined) as JsonObject | undefined,
    changed: row.changed,
    fieldVersions: row.field_versions as Record<string, number>,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    publishedAt: row.published_at?.getTime(),
    readerUpdatedAt: row.reader_updated_at?.getTime(),
  };
}
