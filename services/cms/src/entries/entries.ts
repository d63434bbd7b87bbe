import { randomUUIDv7 } from 'node:crypto';
import type { Actor } from '@gaia/audit-log/actor';
import type { AuditEvent } from '@gaia/audit-log/event';
import type { ExpectedVersion } from '@gaia/http-service/conditional-requests';
import { problem as serviceProblem } from '@gaia/http-service/problem';
import { type AccessRule, accessRule, sameRule, takesNames } from '@gaia/policy/access-rule';
import { mayWriteField } from '@gaia/policy/fields';
import { type Caller, editable, workingCopyReadable } from '@gaia/policy/visibility';
import { insufficientScope } from '@gaia/token-guard/problems';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import { inTransaction } from '../transactions.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { type JsonObject, sameJson } from '../values/json-values.ts';
import { type LastChange, type SavedEntry, STATUS, VISIBILITY } from './entry.ts';
import { type AccessInput, internRule, ruleOf } from './entry-access.ts';
import { completeDocument, differingFields, mergedDocument, refuseConflict, stamped } from './entry-changes.ts';
import { allows } from './entry-columns.ts';
import { createEntryReader, type EntryReader } from './entry-reader.ts';
import { type FileCheck, withFileCheck } from './file-check.ts';
import { checkReferences } from './reference-check.ts';
import { holdType, insertEntry, lockEntry, type StoredEntry, updateEntry, workingView } from './stored-entry.ts';

export interface EntriesDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly outbox: Outbox;
  readonly now: () => number;
}

/** Who makes a change, with a token of the site, and as the audit log names them. */
export interface Author extends NonNullable<Caller> {
  readonly by: Actor;
}

export interface EntryInput extends AccessInput {
  /** Fields by name; null takes one away. */
  readonly fields?: JsonObject;
}

/**
 * Entries of a site. Each method throws `entry_not_found` for what the caller may not read, and
 * `insufficient_scope` for what the caller may read but not change.
 */
export interface Entries extends EntryReader {
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

export function createEntries({ database, types, outbox, now }: EntriesDependencies): Entries {
  const rules = { outbox, now };
  const readEntries = createEntryReader(database, types);

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
        id: randomUUIDv7(),
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
        lastChange: lastChangeBy(author),
      };
      await insertEntry(transaction, entry, type);
      const details = { type: type.name, fields: namesOf(type, Object.keys(draft)), ...rightsOf(rule) };
      return record(transaction, author, { entry, type, action: 'entry.create', details });
    });
    outbox.committed();
    return saved;
  }

  /** Writes what was done to an entry into the feed and the audit log; gives what its author is told. */
  async function record(transaction: CmsTransaction, author: Author, done: Recorded): Promise<SavedEntry> {
    const { entry, type, action, details } = done;
    const { site, id } = entry;
    const event = { action, site, target: id, details };
    const seq = await outbox.append(transaction, { site, id }, { by: author.by, event });
    return { entry: workingView(entry, type, author), seq };
  }

  /** Runs the change that `next` makes; undefined: no change. */
  async function change(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    next: (
      entry: StoredEntry,
      type: CompiledType,
      transaction: CmsTransaction,
    ) => Promise<Changed | undefined> | Changed | undefined,
  ): Promise<SavedEntry> {
    const saved = await inTransaction(database, async (transaction) => {
      const { entry, type } = await lockWithType(transaction, author, site, id);
      const changed = await next(entry, type, transaction);
      if (changed === undefined) {
        refuseConflict(entry, type, expected);
        return { entry: workingView(entry, type, author), seq: await outbox.last(transaction, site, entry.id) };
      }
      const { action, details, ...changes } = changed;
      const after = { ...entry, ...changes, updatedAt: now(), lastChange: lastChangeBy(author) };
      await updateEntry(transaction, after, type);
      return record(transaction, author, { entry: after, type, action, details: { type: type.name, ...details } });
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
        action: 'entry.change',
        details: { fields: namesOf(type, keys), ...(opensOrCloses && rightsOf(rule)) },
        draft,
        rule,
        accessClass: opensOrCloses ? await internRule(transaction, rules, site, rule) : entry.accessClass,
        version,
        changed: entry.published !== undefined && !sameJson(draft, entry.published),
        fieldVersions: stamped(entry, keys, version),
        ...(seenByReaders && { readerVersion: version, readerUpdatedAt: now() }),
      };
    });
  }

  async function publish(author: Author, site: string, id: string, expected: ExpectedVersion) {
    return change(author, site, id, expected, (entry, type) => {
      demandWorkingCopy(author, entry);
      if (entry.published !== undefined && !entry.changed) return undefined;
      refuseConflict(entry, type, expected);
      const document = completeDocument(type, entry.draft);
      const version = entry.version + 1;
      return {
        action: 'entry.publish',
        draft: document,
        published: document,
        version,
        readerVersion: version,
        changed: false,
        fieldVersions: stamped(entry, entry.published === undefined ? [STATUS] : [], version),
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
        action: 'entry.unpublish',
        published: undefined,
        version,
        readerVersion: undefined,
        changed: false,
        fieldVersions: stamped(entry, [STATUS], version),
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
      const details = { type: type.name, published: entry.published !== undefined };
      return (await record(transaction, author, { entry, type, action: 'entry.remove', details })).seq;
    });
    outbox.committed();
    return seq;
  }

  return { ...readEntries, create, update, publish, unpublish, remove };
}

/** What a change makes different, and how the audit log names it. */
type Changed = Partial<StoredEntry> & Pick<AuditEvent, 'action' | 'details'>;

interface Recorded extends Pick<AuditEvent, 'action' | 'details'> {
  readonly entry: StoredEntry;
  readonly type: CompiledType;
}

function lastChangeBy(author: Author): LastChange {
  return { by: author.subject, via: author.by.actingParty };
}

function namesOf(type: CompiledType, ids: readonly string[]): readonly string[] {
  return type.fields.filter((field) => ids.includes(field.id)).map((field) => field.name);
}

function rightsOf({ visibility, names }: AccessRule) {
  return { visibility, ...(takesNames(visibility) && { [visibility]: names }) };
}

function demandEditable(author: Author, entry: StoredEntry): void {
  if (!allows(editable(author, entry.site), entry)) throw insufficientScope(['content:edit']);
}

function demandWorkingCopy(author: Author, entry: StoredEntry): void {
  if (!allows(workingCopyReadable(author, entry.site), entry)) throw insufficientScope(['content:edit']);
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
  if (!author.scopes.includes(scope)) throw insufficientScope([scope]);
}

function unknownType() {
  const errors = [{ path: '/body/type', message: 'is no content type of this site' }];
  return serviceProblem('validation_failed', { detail: '/body/type is no content type of this site.', errors });
}
