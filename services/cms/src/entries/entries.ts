import { randomUUIDv7 } from 'node:crypto';
import type { AuditEvent } from '@gaia/audit-log/event';
import type { ExpectedVersion } from '@gaia/http-service/conditional-requests';
import { problem as serviceProblem } from '@gaia/http-service/problem';
import { type AccessRule, accessRule, sameRule, takesNames } from '@gaia/policy/access-rule';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import { inTransaction } from '../transactions.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { sameJson } from '../values/json-values.ts';
import type { Author } from './author.ts';
import { type LastChange, type SavedEntry, STATUS, VISIBILITY } from './entry.ts';
import { internRule, ruleOf } from './entry-access.ts';
import { completeDocument, differingFields, mergedDocument, refuseConflict, stamped } from './entry-changes.ts';
import { createEntryReader } from './entry-reader.ts';
import type { Entries, EntryInput, NewEntryInput } from './entry-service.ts';
import { type FileCheck, withFileCheck } from './file-check.ts';
import { demandEditable, demandScope, demandWorkingCopy, demandWritable } from './permissions.ts';
import { draftReferences, unpublishedTargets } from './published-references.ts';
import { checkReferences } from './reference-check.ts';
import { countReferrers, entryInUse, findReferrers } from './referrers.ts';
import { holdType, insertEntry, lockEntry, type StoredEntry, updateEntry, workingView } from './stored-entry.ts';
import { unlinkReferrers } from './unlink.ts';

export interface EntriesDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly outbox: Outbox;
  readonly now: () => number;
}

/** Entries that one change can publish. */
const MAX_PUBLISHED = 100;

export function createEntries({ database, types, outbox, now }: EntriesDependencies): Entries {
  const rules = { outbox, now };
  const readEntries = createEntryReader(database, types);

  async function create(
    author: Author,
    site: string,
    typeName: string,
    input: NewEntryInput,
    files: ReadableFiles,
  ): Promise<SavedEntry> {
    return withFileCheck(files, (checkFiles) => insert(author, site, typeName, input, checkFiles));
  }

  async function insert(author: Author, site: string, typeName: string, input: NewEntryInput, checkFiles: FileCheck) {
    const publishes = input.publish === true;
    if (publishes) demandScope(author, 'content:publish');
    const saved = await inTransaction(database, async (transaction) => {
      const type = await holdType(transaction, types, site, { name: typeName });
      if (type === undefined) throw unknownType();
      demandWritable(author, type, input.fields);
      const id = randomUUIDv7();
      const merged = mergedDocument(type, undefined, input.fields ?? {});
      const draft = publishes ? completeDocument(type, merged) : merged;
      checkFiles(type, draft);
      const rule = ruleOf(input, accessRule('public'));
      await checkReferences(transaction, author, type, draft);
      const unpublished = publishes ? await unpublishedTargets(transaction, type, draft, id) : [];
      if (unpublished.length > 0) throw draftReferences(type, draft, unpublished);
      const at = now();
      const entry: StoredEntry = {
        site,
        id,
        typeId: type.id,
        author: author.subject,
        rule,
        accessClass: await internRule(transaction, rules, site, rule),
        version: 1,
        readerVersion: publishes ? 1 : undefined,
        draft,
        published: publishes ? draft : undefined,
        changed: false,
        fieldVersions: stamped(
          { fieldVersions: {} },
          [...Object.keys(draft), VISIBILITY, ...(publishes ? [STATUS] : [])],
          1,
        ),
        createdAt: at,
        updatedAt: at,
        publishedAt: publishes ? at : undefined,
        readerUpdatedAt: publishes ? at : undefined,
        lastChange: lastChangeBy(author),
      };
      await insertEntry(transaction, entry, type);
      const fields = namesOf(type, Object.keys(draft));
      const details = { type: type.name, fields, ...rightsOf(rule), ...(publishes && { published: true }) };
      return record(transaction, author, { entry, type, action: 'entry.create', details });
    });
    outbox.committed();
    return saved;
  }

  /** Writes what was done to an entry into the feed and the audit log; gives what its author is told. */
  async function record(transaction: CmsTransaction, author: Author, done: Recorded): Promise<SavedEntry> {
    const { entry, type, action, details, place } = done;
    const { site, id } = entry;
    const event = { action, site, target: id, details };
    const seq = await outbox.append(
      transaction,
      { site, id, ...(place !== undefined && { place }) },
      { by: author.by, event },
    );
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

  async function publish(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    drafts: 'refuse' | 'publish' = 'refuse',
  ) {
    return change(author, site, id, expected, async (entry, type, transaction) => {
      demandWorkingCopy(author, entry);
      if (entry.published !== undefined && !entry.changed) return undefined;
      refuseConflict(entry, type, expected);
      return published(transaction, author, { entry, type }, drafts, new Set([entry.id]));
    });
  }

  /** The change that publishes an entry, and before it, if asked for, the drafts to which it refers. */
  async function published(
    transaction: CmsTransaction,
    author: Author,
    { entry, type }: { readonly entry: StoredEntry; readonly type: CompiledType },
    drafts: 'refuse' | 'publish',
    begun: Set<string>,
  ): Promise<Changed> {
    const document = completeDocument(type, entry.draft);
    const targets = await unpublishedTargets(transaction, type, document, entry.id);
    const open = targets.filter((target) => !begun.has(target));
    if (open.length > 0 && (drafts === 'refuse' || begun.size + open.length > MAX_PUBLISHED)) {
      throw draftReferences(type, document, open);
    }
    for (const target of open) {
      if (begun.has(target)) continue;
      const place = begun.add(target).size - 1;
      const found = await lockWithType(transaction, author, entry.site, target);
      demandWorkingCopy(author, found.entry);
      const { action, details, ...changes } = await published(transaction, author, found, drafts, begun);
      const after = { ...found.entry, ...changes, updatedAt: now(), lastChange: lastChangeBy(author) };
      await updateEntry(transaction, after, found.type);
      const told = { type: found.type.name, ...details };
      await record(transaction, author, { entry: after, type: found.type, action, details: told, place });
    }
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
  }

  /** Sees that no copy of those that count refers to an entry any more. */
  async function release(
    transaction: CmsTransaction,
    author: Author,
    entry: StoredEntry,
    copies: 'both' | 'published',
    referrers: 'refuse' | 'unlink',
  ): Promise<void> {
    const total = await countReferrers(transaction, entry, copies === 'published');
    if (total === 0) return;
    if (referrers === 'refuse') throw await entryInUse(transaction, types, author, entry, total);
    await unlinkReferrers(transaction, { types, outbox, now }, author, entry, copies);
  }

  async function unpublish(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    referrers: 'refuse' | 'unlink' = 'refuse',
  ) {
    return change(author, site, id, expected, async (entry, type, transaction) => {
      demandWorkingCopy(author, entry);
      if (entry.published === undefined) return undefined;
      refuseConflict(entry, type, expected);
      await release(transaction, author, entry, 'published', referrers);
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

  async function remove(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    referrers: 'refuse' | 'unlink' = 'refuse',
  ): Promise<string> {
    const seq = await inTransaction(database, async (transaction) => {
      const { entry, type } = await lockWithType(transaction, author, site, id);
      demandEditable(author, entry);
      if (entry.published !== undefined) demandScope(author, 'content:publish');
      refuseConflict(entry, type, expected);
      await release(transaction, author, entry, 'both', referrers);
      await transaction.deleteFrom('entries').where('site', '=', site).where('id', '=', entry.id).execute();
      const details = { type: type.name, published: entry.published !== undefined };
      return (await record(transaction, author, { entry, type, action: 'entry.remove', details })).seq;
    });
    outbox.committed();
    return seq;
  }

  return {
    ...readEntries,
    create,
    update,
    publish,
    unpublish,
    remove,
    referrers: async (caller, site, id, page) => {
      const { id: target } = await readEntries.get(caller, site, id);
      return findReferrers(database, types, caller, { site, id: target }, page);
    },
  };
}

/** What a change makes different, and how the audit log names it. */
type Changed = Partial<StoredEntry> & Pick<AuditEvent, 'action' | 'details'>;

interface Recorded extends Pick<AuditEvent, 'action' | 'details'> {
  readonly entry: StoredEntry;
  readonly type: CompiledType;
  /** In the feed, among the entries of the transaction. */
  readonly place?: number;
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

function unknownType() {
  const errors = [{ path: '/body/type', message: 'is no content type of this site' }];
  return serviceProblem('validation_failed', { detail: '/body/type is no content type of this site.', errors });
}
