import type { ExpectedVersion } from '@gaia/http-service/conditional-requests';
import { problem as serviceProblem } from '@gaia/http-service/problem';
import { accessRule, sameRule } from '@gaia/policy/access-rule';
import { mayWriteField } from '@gaia/policy/fields';
import { type Caller, editable, workingCopyReadable } from '@gaia/policy/visibility';
import { sql } from 'kysely';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import { insufficientScope, problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';
import type { ReadableFiles } from '../neighbours/readable-files.ts';
import { callerStatement } from '../statements.ts';
import { inTransaction } from '../transactions.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { type JsonObject, sameJson } from '../values/json-values.ts';
import { createUuid, isUuid, type RandomBytes } from '../values/uuid.ts';
import { type EntryView, type SavedEntry, STATUS, VISIBILITY } from './entry.ts';
import { type AccessInput, internRule, ruleOf } from './entry-access.ts';
import { differingFields, mergedDocument, refuseConflict, stamped } from './entry-changes.ts';
import { allows, type EntryRow, entrySight, typeVersionOf, viewColumns, viewOfRow } from './entry-columns.ts';
import { type FileCheck, withFileCheck } from './file-check.ts';
import { checkReferences } from './reference-check.ts';
import { holdType, insertEntry, lockEntry, type StoredEntry, updateEntry, workingView } from './stored-entry.ts';

export interface EntriesDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly outbox: Outbox;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}

/** Somebody with a token of the site. */
export type Author = NonNullable<Caller>;

export interface EntryInput extends AccessInput {
  /** Fields by name; null takes one away. */
  readonly fields?: JsonObject;
}

/**
 * Entries of a site. Each method throws `entry_not_found` for what the caller may not read, and
 * `insufficient_scope` for what the caller may read but not change.
 */
export interface Entries {
  get(caller: Caller, site: string, id: string): Promise<EntryView>;
  /** Those of the ids that the caller may read, each once, by id. */
  getMany(caller: Caller, site: string, ids: readonly string[]): Promise<Map<string, EntryView>>;
  /**
   * Throws `validation_failed`, `field_not_writable`, `value_not_unique`, `entry_too_large`, `too_many_access_rules`;
   * `file_not_readable` and `assets_unavailable` only if the entry names files.
   */
  create(author: Author, site: string, typeName: string, input: EntryInput, files: ReadableFiles): Promise<SavedEntry>;
  /**
   * Throws the same (of files, only those count that the entry does not name yet), and `version_conflict`. Changes
   * nothing, and says so by the version, if nothing differs.
   */
  update(
    author: Author,
    site: string,
    id: string,
    input: EntryInput,
    expected: ExpectedVersion,
    files: ReadableFiles,
  ): Promise<SavedEntry>;
  /** Makes the working copy the published one. Done again, it changes nothing. */
  publish(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<SavedEntry>;
  /** Takes the published copy away; the working copy stays. Done again, it changes nothing. */
  unpublish(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<SavedEntry>;
  /** Gives the position of the deletion in the feed. */
  remove(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<string>;
}

const selectEntry = callerStatement<{ id: string }, EntryRow>(['id'], (caller, site, { id }) => {
  const sight = entrySight(caller, site);
  return sql`
    select ${viewColumns(sight)} from entries e join content_types t on t.site = e.site and t.id = e.type_id
    where e.site = ${site} and e.id = ${id} and ${sight.visible}`;
});

const selectEntries = callerStatement<{ ids: readonly string[] }, EntryRow>(['ids'], (caller, site, { ids }) => {
  const sight = entrySight(caller, site);
  return sql`
    select ${viewColumns(sight)} from entries e join content_types t on t.site = e.site and t.id = e.type_id
    where e.site = ${site} and e.id = any(${ids}::uuid[]) and ${sight.visible}`;
});

export function createEntries({ database, types, outbox, now, randomBytes }: EntriesDependencies): Entries {
  const rules = { outbox, now, randomBytes };

  async function getMany(caller: Caller, site: string, ids: readonly string[]): Promise<Map<string, EntryView>> {
    const usable = ids.filter(isUuid).map((id) => id.toLowerCase());
    if (usable.length === 0) return new Map();
    const rows = await selectEntries(database, caller, site, { ids: usable });
    const typeOf = await types.load(database, rows.map(typeVersionOf));
    const views = new Map(rows.map((row) => [row.id, viewOfRow(row, typeOf(typeVersionOf(row)), caller)]));
    return new Map(
      ids.flatMap((id): [string, EntryView][] => {
        const view = views.get(id.toLowerCase());
        return view === undefined ? [] : [[id, view]];
      }),
    );
  }

  async function get(caller: Caller, site: string, id: string): Promise<EntryView> {
    if (!isUuid(id)) throw problem('entry_not_found');
    const [row] = await selectEntry(database, caller, site, { id });
    if (row === undefined) throw problem('entry_not_found');
    const version = typeVersionOf(row);
    const type = types.known(version) ?? (await types.load(database, [version]))(version);
    return viewOfRow(row, type, caller);
  }

  async function create(
    author: Author,
    site: string,
    typeName: string,
    input: EntryInput,
    files: ReadableFiles,
  ): Promise<SavedEntry> {
    return withFileCheck(files, (checkFiles) => insert(author, site, typeName, input, checkFiles));
  }

  async function insert(author: Author, site: string, typeName: string, input: EntryInput, checkFiles: FileCheck) {
    const saved = await inTransaction(database, async (transaction) => {
      const type = await holdType(transaction, types, site, { name: typeName });
      if (type === undefined) throw unknownType();
      demandWritable(author, type, input.fields);
      const draft = mergedDocument(type, undefined, input.fields ?? {});
      checkFiles(type, draft);
      const rule = ruleOf(input, accessRule('public'));
      await checkReferences(transaction, author, type, draft);
      const entry: StoredEntry = {
        site,
        id: createUuid(now(), randomBytes),
        typeId: type.id,
        author: author.subject,
        rule,
        accessClass: await internRule(transaction, rules, site, rule),
        version: 1,
        readerVersion: undefined,
        draft,
        published: undefined,
        changed: false,
        fieldVersions: stamped({ fieldVersions: {} }, [...Object.keys(draft), VISIBILITY], 1),
        createdAt: now(),
        updatedAt: now(),
        publishedAt: undefined,
        readerUpdatedAt: undefined,
      };
      await insertEntry(transaction, entry, type);
      return { entry: workingView(entry, type, author), seq: await outbox.append(transaction, site, entry.id) };
    });
    outbox.committed();
    return saved;
  }

  /** Runs a change of one entry, made by `next`; undefined from it says that there is nothing to change. */
  async function change(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    next: (
      entry: StoredEntry,
      type: CompiledType,
      transaction: CmsTransaction,
    ) => Promise<StoredEntry | undefined> | StoredEntry | undefined,
  ): Promise<SavedEntry> {
    const saved = await inTransaction(database, async (transaction) => {
      const { entry, type } = await lockWithType(transaction, author, site, id);
      const changed = await next(entry, type, transaction);
      if (changed === undefined) {
        refuseConflict(entry, type, expected);
        return { entry: workingView(entry, type, author), seq: await outbox.last(transaction, site, entry.id) };
      }
      await updateEntry(transaction, changed, type);
      return { entry: workingView(changed, type, author), seq: await outbox.append(transaction, site, entry.id) };
    });
    outbox.committed();
    return saved;
  }

  async function lockWithType(transaction: CmsTransaction, author: Author, site: string, id: string) {
    const entry = await lockEntry(transaction, author, site, id);
    const type = await holdType(transaction, types, site, { id: entry.typeId });
    if (type === undefined) throw problem('entry_not_found');
    return { entry, type };
  }

  async function update(
    author: Author,
    site: string,
    id: string,
    input: EntryInput,
    expected: ExpectedVersion,
    files: ReadableFiles,
  ) {
    return withFileCheck(files, (checkFiles) => edit(author, site, id, input, expected, checkFiles));
  }

  async function edit(
    author: Author,
    site: string,
    id: string,
    input: EntryInput,
    expected: ExpectedVersion,
    checkFiles: FileCheck,
  ) {
    return change(author, site, id, expected, async (entry, type, transaction) => {
      demandEditable(author, entry);
      refuseConflict(entry, type, expected);
      demandWritable(author, type, input.fields);
      const draft = mergedDocument(type, entry.draft, input.fields ?? {});
      const rule = ruleOf(input, entry.rule);
      const keys = differingFields(type, draft, entry.draft);
      const opensOrCloses = !sameRule(rule, entry.rule);
      if (opensOrCloses) {
        if (entry.published !== undefined) demandScope(author, 'content:publish');
        keys.push(VISIBILITY);
      }
      if (keys.length === 0) return undefined;
      checkFiles(type, draft, entry.draft);
      await checkReferences(transaction, author, type, draft, entry.draft);
      const version = entry.version + 1;
      const seenByReaders = opensOrCloses && entry.published !== undefined;
      return {
        ...entry,
        draft,
        rule,
        accessClass: opensOrCloses ? await internRule(transaction, rules, site, rule) : entry.accessClass,
        version,
        changed: entry.published !== undefined && !sameJson(draft, entry.published),
        fieldVersions: stamped(entry, keys, version),
        updatedAt: now(),
        ...(seenByReaders && { readerVersion: version, readerUpdatedAt: now() }),
      };
    });
  }

  async function publish(author: Author, site: string, id: string, expected: ExpectedVersion) {
    return change(author, site, id, expected, (entry, type) => {
      demandWorkingCopy(author, entry);
      if (entry.published !== undefined && !entry.changed) return undefined;
      refuseConflict(entry, type, expected);
      const document = mergedDocument(type, entry.draft, {});
      const version = entry.version + 1;
      return {
        ...entry,
        draft: document,
        published: document,
        version,
        readerVersion: version,
        changed: false,
        fieldVersions: stamped(entry, entry.published === undefined ? [STATUS] : [], version),
        updatedAt: now(),
        publishedAt: entry.publishedAt ?? now(),
        readerUpdatedAt: now(),
      };
    });
  }

  async function unpublish(author: Author, site: string, id: string, expected: ExpectedVersion) {
    return change(author, site, id, expected, (entry, type) => {
      demandWorkingCopy(author, entry);
      if (entry.published === undefined) return undefined;
      refuseConflict(entry, type, expected);
      const version = entry.version + 1;
      return {
        ...entry,
        published: undefined,
        version,
        readerVersion: undefined,
        changed: false,
        fieldVersions: stamped(entry, [STATUS], version),
        updatedAt: now(),
        publishedAt: undefined,
        readerUpdatedAt: undefined,
      };
    });
  }

  async function remove(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<string> {
    const seq = await inTransaction(database, async (transaction) => {
      const { entry, type } = await lockWithType(transaction, author, site, id);
      demandEditable(author, entry);
      if (entry.published !== undefined) demandScope(author, 'content:publish');
      refuseConflict(entry, type, expected);
      await transaction.deleteFrom('entries').where('site', '=', site).where('id', '=', entry.id).execute();
      return outbox.append(transaction, site, entry.id);
    });
    outbox.committed();
    return seq;
  }

  return { get, getMany, create, update, publish, unpublish, remove };
}

function demandEditable(author: Author, entry: StoredEntry): void {
  if (!allows(editable(author, entry.site), entry)) throw insufficientScope('content:edit');
}

function demandWorkingCopy(author: Author, entry: StoredEntry): void {
  if (!allows(workingCopyReadable(author, entry.site), entry)) throw insufficientScope('content:edit');
}

/** Throws `field_not_writable` naming the fields that the author may not write. */
function demandWritable(author: Author, type: CompiledType, fields: JsonObject = {}): void {
  const refused = type.fields.filter(
    (field) => Object.hasOwn(fields, field.name) && !mayWriteField(author, field.writable_by),
  );
  if (refused.length === 0) return;
  const errors = refused.map(({ name }) => ({
    path: `/body/fields/${name}`,
    message: 'is writable to other roles only',
  }));
  throw problem('field_not_writable', { errors, extensions: { fields: refused.map(({ name }) => name) } });
}

function demandScope(author: Author, scope: string): void {
  if (!author.scopes.includes(scope)) throw insufficientScope(scope);
}

function unknownType() {
  const errors = [{ path: '/body/type', message: 'is no content type of this site' }];
  return serviceProblem('validation_failed', { detail: '/body/type is no content type of this site.', errors });
}
