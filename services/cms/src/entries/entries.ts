import { problem as serviceProblem } from '@gaia/http-service/problem';
import { type Caller, editable, type Visibility, workingCopyReadable } from '@gaia/policy/visibility';
import { sql } from 'kysely';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import { insufficientScope, problem } from '../errors.ts';
import { inTransaction } from '../transactions.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import type { ExpectedVersion } from '../values/entity-tag.ts';
import { type JsonObject, sameJson } from '../values/json-values.ts';
import { createUuid, isUuid, type RandomBytes } from '../values/uuid.ts';
import { type EntryView, type SavedEntry, STATUS, VISIBILITY } from './entry.ts';
import { differingFields, mergedDocument, refuseConflict, stamped } from './entry-changes.ts';
import { allows, type EntryRow, entrySight, typeVersionOf, viewColumns, viewOfRow } from './entry-columns.ts';
import { checkReferences } from './reference-check.ts';
import { holdType, insertEntry, lockEntry, type StoredEntry, updateEntry, workingView } from './stored-entry.ts';

/** Where entries tell that they changed. */
export interface ChangeOutbox {
  /** Writes the event into the change's own transaction; gives its position. */
  append(transaction: CmsTransaction, site: string, entryId: string): Promise<string>;
  /** Position of the newest event of an entry. */
  last(transaction: CmsTransaction, site: string, entryId: string): Promise<string>;
  /** To be called when such a transaction is done. */
  committed(): void;
}

export interface EntriesDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly outbox: ChangeOutbox;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}

/** Somebody with a token of the site. */
export type Author = NonNullable<Caller>;

export interface EntryInput {
  readonly visibility?: Visibility;
  /** Fields by name; null takes one away. */
  readonly fields?: JsonObject;
}

/**
 * Entries of a site. Each method throws `entry_not_found` for what the caller may not read, and
 * `insufficient_scope` for what the caller may read but not change.
 */
export interface Entries {
  get(caller: Caller, site: string, id: string): Promise<EntryView>;
  /** Throws `validation_failed`, `value_not_unique`, `entry_too_large`. */
  create(author: Author, site: string, typeName: string, input: EntryInput): Promise<SavedEntry>;
  /** Throws the same, and `version_conflict`. Changes nothing, and says so by the version, if nothing differs. */
  update(author: Author, site: string, id: string, input: EntryInput, expected: ExpectedVersion): Promise<SavedEntry>;
  /** Makes the working copy the published one. Done again, it changes nothing. */
  publish(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<SavedEntry>;
  /** Takes the published copy away; the working copy stays. Done again, it changes nothing. */
  unpublish(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<SavedEntry>;
  /** Gives the position of the deletion in the feed. */
  remove(author: Author, site: string, id: string, expected: ExpectedVersion): Promise<string>;
}

export function createEntries({ database, types, outbox, now, randomBytes }: EntriesDependencies): Entries {
  async function get(caller: Caller, site: string, id: string): Promise<EntryView> {
    if (!isUuid(id)) throw problem('entry_not_found');
    const sight = entrySight(caller, site);
    const { rows } = await sql<EntryRow>`
      select ${viewColumns(sight)} from entries e
      join content_types t on t.site = e.site and t.id = e.type_id
      where e.site = ${site} and e.id = ${id} and ${sight.visible}`.execute(database);
    const row = rows[0];
    if (row === undefined) throw problem('entry_not_found');
    const typeOf = await types.load(database, [typeVersionOf(row)]);
    return viewOfRow(row, typeOf(typeVersionOf(row)));
  }

  async function create(author: Author, site: string, typeName: string, input: EntryInput): Promise<SavedEntry> {
    const saved = await inTransaction(database, async (transaction) => {
      const type = await holdType(transaction, types, site, { name: typeName });
      if (type === undefined) throw unknownType();
      const draft = mergedDocument(type, undefined, input.fields ?? {});
      await checkReferences(transaction, author, type, draft);
      const entry: StoredEntry = {
        site,
        id: createUuid(now(), randomBytes),
        typeId: type.id,
        author: author.subject,
        visibility: input.visibility ?? 'public',
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
      return { entry: workingView(entry, type), seq: await outbox.append(transaction, site, entry.id) };
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
        return { entry: workingView(entry, type), seq: await outbox.last(transaction, site, entry.id) };
      }
      await updateEntry(transaction, changed, type);
      return { entry: workingView(changed, type), seq: await outbox.append(transaction, site, entry.id) };
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

  async function update(author: Author, site: string, id: string, input: EntryInput, expected: ExpectedVersion) {
    return change(author, site, id, expected, async (entry, type, transaction) => {
      demandEditable(author, entry);
      refuseConflict(entry, type, expected);
      const draft = mergedDocument(type, entry.draft, input.fields ?? {});
      const visibility = input.visibility ?? entry.visibility;
      const keys = differingFields(type, draft, entry.draft);
      const opensOrCloses = visibility !== entry.visibility;
      if (opensOrCloses) {
        if (entry.published !== undefined) demandScope(author, 'content:publish');
        keys.push(VISIBILITY);
      }
      if (keys.length === 0) return undefined;
      await checkReferences(transaction, author, type, draft, entry.draft);
      const version = entry.version + 1;
      const seenByReaders = opensOrCloses && entry.published !== undefined;
      return {
        ...entry,
        draft,
        visibility,
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

  return { get, create, update, publish, unpublish, remove };
}

function demandEditable(author: Author, entry: StoredEntry): void {
  if (!allows(editable(author, entry.site), factsOf(entry))) throw insufficientScope('content:edit');
}

function demandWorkingCopy(author: Author, entry: StoredEntry): void {
  if (!allows(workingCopyReadable(author, entry.site), factsOf(entry))) throw insufficientScope('content:edit');
}

function demandScope(author: Author, scope: string): void {
  if (!author.scopes.includes(scope)) throw insufficientScope(scope);
}

function factsOf(entry: StoredEntry) {
  return { ...entry, published: entry.published ?? null };
}

function unknownType() {
  const errors = [{ path: '/body/type', message: 'is no content type of this site' }];
  return serviceProblem('validation_failed', { detail: '/body/type is no content type of this site.', errors });
}
