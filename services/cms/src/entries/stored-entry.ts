import type { AccessRule, Visibility } from '@gaia/policy/access-rule';
import type { Caller } from '@gaia/policy/visibility';
import { type Selectable, sql } from 'kysely';
import type { CmsTransaction, EntryTable } from '../database.ts';
import { dropVariants, writeVariants } from '../entry-variants/variant-rows.ts';
import { problem } from '../errors.ts';
import { type PreparedQuery, preparedCallerQuery, preparedQuery } from '../prepared-queries.ts';
import { keepReferences } from '../references/entry-references.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { type TypeRow, typeOfRow } from '../types/type-store.ts';
import { reserveEntryValues } from '../types/unique-values.ts';
import type { JsonObject } from '../values/json-values.ts';
import { isUuid } from '../values/uuid.ts';
import type { EntryView, LastChange } from './entry.ts';
import { lastChangeFor, readScope } from './entry-columns.ts';

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
  readonly lastChange: LastChange;
}

const selectForUpdate = preparedCallerQuery<{ id: string }, Selectable<EntryTable>>(
  ['id'],
  (caller, site, { id }) => sql`
    select e.* from entries e where e.site = ${site} and e.id = ${id} and ${readScope(caller, site).visible} for update`,
);

/** Takes an entry for changing it. Throws `entry_not_found` also for one that the caller may not read. */
export async function lockEntry(
  transaction: CmsTransaction,
  caller: Caller,
  site: string,
  id: string,
): Promise<StoredEntry> {
  if (!isUuid(id)) throw problem('entry_not_found');
  const [row] = await selectForUpdate(transaction, caller, site, { id });
  if (row === undefined) throw problem('entry_not_found');
  return storedOf(row);
}

const typeById = preparedQuery<{ site: string; id: string }, TypeRow>(
  ['site', 'id'],
  ({ site, id }) => sql`select * from content_types where site = ${site} and id = ${id} for key share`,
);
const typeByName = preparedQuery<{ site: string; name: string }, TypeRow>(
  ['site', 'name'],
  ({ site, name }) => sql`select * from content_types where site = ${site} and name = ${name} for key share`,
);

/** Reads a type so that it stays as it is until the transaction ends. */
export async function holdType(
  transaction: CmsTransaction,
  types: TypeCache,
  site: string,
  by: { readonly id: string } | { readonly name: string },
): Promise<CompiledType | undefined> {
  const [row] =
    'id' in by ? await typeById(transaction, { site, ...by }) : await typeByName(transaction, { site, ...by });
  return row && types.compiled(typeOfRow(row));
}

export async function insertEntry(transaction: CmsTransaction, entry: StoredEntry, type: CompiledType): Promise<void> {
  await rowWriterFor(type).insert(transaction, rowOf(entry));
  await reserveUniques(transaction, entry, type);
  await keepReferences(transaction, entry, type);
}

export async function updateEntry(transaction: CmsTransaction, entry: StoredEntry, type: CompiledType): Promise<void> {
  await rowWriterFor(type).update(transaction, rowOf(entry));
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
    lastChange: lastChangeFor(caller, entry, entry.lastChange),
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

type EntryValues = Omit<Selectable<EntryTable>, 'draft' | 'published' | 'field_versions'> & {
  readonly draft: string;
  readonly published: string | null;
  readonly field_versions: string;
};

/** Columns that say once and for all which entry it is, and those that change. */
const fixedColumns = ['site', 'id', 'type_id', 'author', 'created_at'] as const;
const changingColumns = [
  'visibility',
  'access_class',
  'access_names',
  'version',
  'reader_version',
  'draft',
  'published',
  'changed',
  'field_versions',
  'bytes',
  'updated_at',
  'published_at',
  'reader_updated_at',
  'updated_by',
  'updated_via',
] as const;
const allColumns = [...fixedColumns, ...changingColumns];

interface RowWriter {
  readonly insert: PreparedQuery<EntryValues, unknown>;
  readonly update: PreparedQuery<EntryValues, unknown>;
}

const rowWriters = new WeakMap<CompiledType, RowWriter>();

/** An entry and its variants are written by one statement: each statement is a wait for the database. */
function rowWriterFor(type: CompiledType): RowWriter {
  const known = rowWriters.get(type);
  if (known !== undefined) return known;
  const writer = {
    insert: preparedQuery<EntryValues>(
      allColumns,
      (parameters) => sql`
        with e as (
          insert into entries (${sql.join(allColumns.map((name) => sql.ref(name)))})
          values (${sql.join(allColumns.map((name) => parameters[name]))}) returning *
        ) ${writeVariants(type, sql`from e`)}`,
    ),
    update: preparedQuery<EntryValues>(
      allColumns,
      (parameters) => sql`
        with e as (
          update entries set ${sql.join(changingColumns.map((name) => sql`${sql.ref(name)} = ${parameters[name]}`))}
          where site = ${parameters.site} and id = ${parameters.id} returning *
        ), unpublished as (${dropVariants(type, sql`e`)}) ${writeVariants(type, sql`from e`)}`,
    ),
  };
  rowWriters.set(type, writer);
  return writer;
}

function rowOf(entry: StoredEntry): EntryValues {
  const draft = JSON.stringify(entry.draft);
  const published = entry.published === undefined ? null : JSON.stringify(entry.published);
  return {
    site: entry.site,
    id: entry.id,
    type_id: entry.typeId,
    author: entry.author,
    created_at: new Date(entry.createdAt),
    visibility: entry.rule.visibility,
    access_class: entry.accessClass,
    access_names: [...entry.rule.names],
    version: entry.version,
    reader_version: entry.readerVersion ?? null,
    draft,
    published,
    changed: entry.changed,
    field_versions: JSON.stringify(entry.fieldVersions),
    bytes: Buffer.byteLength(draft) + Buffer.byteLength(published ?? ''),
    updated_at: new Date(entry.updatedAt),
    published_at: dateOrNull(entry.publishedAt),
    reader_updated_at: dateOrNull(entry.readerUpdatedAt),
    updated_by: entry.lastChange.by ?? null,
    updated_via: entry.lastChange.via ?? null,
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
    lastChange: { by: row.updated_by ?? undefined, via: row.updated_via ?? undefined },
  };
}
