import type { Actor } from '@gaia/audit-log/actor';
import type { DeferredAudit } from '@gaia/audit-log/deferred';
import type { AuditDetails, AuditEvent } from '@gaia/audit-log/event';
import type { Caller } from '@gaia/policy/visibility';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import { readableFiles } from '../references/readable-files.ts';
import { type Usages, usageOf } from '../references/usage.ts';
import { imageColumns, toFile, toRow } from './file-rows.ts';
import type { ListPosition } from './list-cursor.ts';
import type { Quotas } from './quotas.ts';
import type { BytesLocation, StoredFile } from './stored-file.ts';

/** The audit log as files write it: an event in the transaction of its change. */
type Audit = Pick<DeferredAudit<AssetsDatabase>, 'append' | 'committed'>;

export interface FileRemoval {
  readonly action: 'file.delete' | 'file.collect';
  readonly details?: AuditDetails;
}

export interface Files {
  find(id: string): Promise<StoredFile | undefined>;
  /** Whether a caller may read a file: by its own visibility, or through an entry that mentions it. */
  isReadable(caller: Caller, file: Pick<StoredFile, 'id' | 'site' | 'visibility'>): Promise<boolean>;
  /** Those of some files of a site that a caller may read, in no order. */
  readableOf(caller: Caller, site: string, ids: readonly string[]): Promise<readonly StoredFile[]>;
  /** What a user has uploaded on every site, the oldest first. */
  ofUploader(subject: string, after: ListPosition | undefined, limit: number): Promise<readonly StoredFile[]>;
  /** Entries that mention a file. */
  usage(file: Pick<StoredFile, 'id' | 'site'>, limit: number): Promise<Usages>;
  /** Says that bytes are about to be stored. */
  announceBytes(bytes: BytesLocation): Promise<void>;
  /**
   * Makes the file, once: from now on its bytes are claimed, and the upload of several requests that it comes from is finished.
   * Throws site_quota_exceeded.
   */
  add(file: StoredFile): Promise<void>;
  /**
   * Makes of a file what `next` makes of it, one change after the other; undefined if it is not there.
   * Bytes that are no longer the file's are unclaimed then, and new ones claimed. Throws site_quota_exceeded.
   */
  change(
    id: string,
    next: (file: StoredFile) => StoredFile,
    record?: { readonly by: Actor; event(before: StoredFile, after: StoredFile): AuditEvent | undefined },
  ): Promise<StoredFile | undefined>;
  /** Records what looking at the bytes of a file has told, as long as they are those that were looked at. */
  describe(file: StoredFile): Promise<void>;
  /** Images that nothing has looked at, the oldest first. */
  undescribedImages(limit: number): Promise<readonly StoredFile[]>;
  /** Takes a file away; its bytes and variants are unclaimed from now on. Gives what it was; undefined if it is not there. */
  remove(id: string, by: Actor, event: FileRemoval): Promise<StoredFile | undefined>;
  /** A file of a site with these bytes that a caller may read, the oldest. */
  duplicateOf(caller: Caller, site: string, sha256: string): Promise<StoredFile | undefined>;
  /** Records that bytes are deleted. */
  forgetBytes(bytes: BytesLocation): Promise<void>;
  /** Whether bytes are unclaimed since before a time still. */
  isUnclaimed(bytes: BytesLocation, before: Date): Promise<boolean>;
  /** Bytes that have been unclaimed since before a time; at most 1,000. */
  unclaimedSince(before: Date): Promise<readonly BytesLocation[]>;
}

export function createFiles(
  database: Kysely<AssetsDatabase>,
  now: () => number,
  { quotas, audit }: { readonly quotas: Pick<Quotas, 'refuseOverIn'>; readonly audit: Audit },
): Files {
  /** The last statement of a transaction. */
  async function tell(transaction: Transaction<AssetsDatabase>, by: Actor, event: AuditEvent): Promise<void> {
    await audit.append(transaction, by, event);
    audit.committed();
  }

  async function announce(where: Kysely<AssetsDatabase>, { bytesKey, store }: BytesLocation): Promise<void> {
    const since = new Date(now());
    await where.insertInto('unclaimed_bytes').values({ key: bytesKey, store, since }).execute();
  }

  async function claim(where: Kysely<AssetsDatabase>, { bytesKey, store }: BytesLocation): Promise<void> {
    await where.deleteFrom('unclaimed_bytes').where('key', '=', bytesKey).where('store', '=', store).execute();
  }

  return {
    find: async (id) => {
      const row = await database.selectFrom('files').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toFile(row);
    },
    isReadable: async (caller, { id, site, visibility }) => {
      if (visibility === 'public') return true;
      const found = await database
        .selectFrom('files as f')
        .select('f.id')
        .where('f.id', '=', id)
        .where(readableFiles(caller, site))
        .executeTakeFirst();
      return found !== undefined;
    },
    readableOf: async (caller, site, ids) => {
      const rows = await database
        .selectFrom('files as f')
        .selectAll('f')
        .where(sql<boolean>`f.id = any(${[...ids]}::uuid[])`)
        .where(readableFiles(caller, site))
        .execute();
      return rows.map(toFile);
    },
    ofUploader: async (subject, after, limit) => {
      const all = database.selectFrom('files').selectAll().where('uploaded_by', '=', subject);
      const wanted =
        after === undefined
          ? all
          : all.where(sql<boolean>`(created_at, id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
      const rows = await wanted.orderBy('created_at').orderBy('id').limit(limit).execute();
      return rows.map(toFile);
    },
    usage: (file, limit) => usageOf(database, file, limit),
    announceBytes: (bytes) => announce(database, bytes),
    add: (file) =>
      database.transaction().execute(async (transaction) => {
        const known = await transaction.selectFrom('files').select('id').where('id', '=', file.id).executeTakeFirst();
        if (known !== undefined) return;
        await quotas.refuseOverIn(transaction, file.site, file.size);
        const insert = transaction.insertInto('files').values(toRow(file));
        await insert.onConflict((conflict) => conflict.column('id').doNothing()).execute();
        await claim(transaction, file);
        const finished = { finished_at: new Date(now()) };
        await transaction.updateTable('uploads').set(finished).where('id', '=', file.id).execute();
      }),
    change: (id, next, record) =>
      database.transaction().execute(async (transaction) => {
        const one = transaction.selectFrom('files').selectAll().where('id', '=', id);
        const row = await one.forUpdate().executeTakeFirst();
        if (row === undefined) return undefined;
        const before = toFile(row);
        const after = next(before);
        if (after === before) return after;
        if (after.bytesKey !== before.bytesKey) {
          await quotas.refuseOverIn(transaction, after.site, after.size - before.size);
          await announce(transaction, before);
          await claim(transaction, after);
        }
        await transaction.updateTable('files').set(toRow(after)).where('id', '=', id).execute();
        const event = record?.event(before, after);
        if (record !== undefined && event !== undefined) await tell(transaction, record.by, event);
        return after;
      }),
    describe: async (file) => {
      await database
        .updateTable('files')
        .set(imageColumns(file))
        .where('id', '=', file.id)
        .where('sha256', '=', file.sha256)
        .execute();
    },
    undescribedImages: async (limit) => {
      const rows = await database
        .selectFrom('files')
        .selectAll()
        .where('image_described', '=', false)
        .where('media_type', 'like', 'image/%')
        .orderBy('created_at')
        .limit(limit)
        .execute();
      return rows.map(toFile);
    },
    remove: (id, by, { action, details }) =>
      database.transaction().execute(async (transaction) => {
        const variants = await transaction
          .deleteFrom('file_variants')
          .where('file', '=', id)
          .returning(['bytes_key as bytesKey', 'store'])
          .execute();
        const row = await transaction.deleteFrom('files').where('id', '=', id).returningAll().executeTakeFirst();
        if (row === undefined) return undefined;
        const file = toFile(row);
        for (const bytes of [file, ...variants]) await announce(transaction, bytes);
        const about = { file_name: file.fileName, sha256: file.sha256, size: file.size, ...details };
        await tell(transaction, by, { action, site: file.site, target: id, details: about });
        return file;
      }),
    duplicateOf: async (caller, site, sha256) => {
      const row = await database
        .selectFrom('files as f')
        .selectAll('f')
        .where('f.site', '=', site)
        .where('f.sha256', '=', sha256)
        .where(readableFiles(caller, site))
        .orderBy('f.created_at')
        .orderBy('f.id')
        .limit(1)
        .executeTakeFirst();
      return row && toFile(row);
    },
    forgetBytes: (bytes) => claim(database, bytes),
    isUnclaimed: async ({ bytesKey, store }, before) => {
      const row = await database
        .selectFrom('unclaimed_bytes')
        .select('key')
        .where('key', '=', bytesKey)
        .where('store', '=', store)
        .where('since', '<', before)
        .executeTakeFirst();
      return row !== undefined;
    },
    unclaimedSince: async (before) => {
      const rows = await database
        .selectFrom('unclaimed_bytes')
        .select(['key as bytesKey', 'store'])
        .where('since', '<', before)
        .where(
          sql<boolean>`not exists (
            select from files where files.bytes_key = unclaimed_bytes.key and files.store = unclaimed_bytes.store)`,
        )
        .limit(1_000)
        .execute();
      return rows;
    },
  };
}
