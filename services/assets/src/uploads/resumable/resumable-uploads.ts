import { type Kysely, type Selectable, sql } from 'kysely';
import type { AssetsDatabase } from '../../database.ts';
import type { FileRule } from '../../files/file-rule.ts';
import type { ReceivedChunks, StoreKind } from '../../storage/file-store.ts';

/** An upload of several requests. Its file gets the same id. */
export interface ResumableUpload {
  readonly id: string;
  readonly site: string;
  /** The account that began it, and the only one that goes on. */
  readonly subject: string;
  readonly fileName: string;
  readonly declaredType: string | undefined;
  readonly rule: FileRule;
  /** Hexadecimal; what the bytes must have in the end. */
  readonly sha256: string | undefined;
  /** `Upload-Metadata` as it came. */
  readonly metadata: string | undefined;
  readonly length: number;
  readonly received: ReceivedChunks;
  readonly store: StoreKind;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly isFinished: boolean;
}

export interface ResumableUploads {
  /** False if the account has as many unfinished uploads of the site as it may have. */
  add(upload: ResumableUpload, mostUnfinished: number): Promise<boolean>;
  find(id: string): Promise<ResumableUpload | undefined>;
  /** Counts bytes that are safe in the store; false if others were counted meanwhile. */
  count(id: string, before: ReceivedChunks, after: ReceivedChunks): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** Those that have expired before a time; at most 1,000. */
  expired(before: Date): Promise<readonly ResumableUpload[]>;
}

export function createResumableUploads(database: Kysely<AssetsDatabase>, now: () => number): ResumableUploads {
  return {
    add: (upload, mostUnfinished) =>
      database.transaction().execute(async (transaction) => {
        // One after the other, so that an account that begins many at once is counted.
        await sql`select pg_advisory_xact_lock(hashtextextended(${upload.subject}, 0))`.execute(transaction);
        const { count } = await transaction
          .selectFrom('uploads')
          .select(sql<number>`count(*)::int`.as('count'))
          .where('subject', '=', upload.subject)
          .where('site', '=', upload.site)
          .where('finished_at', 'is', null)
          .where('expires_at', '>', new Date(now()))
          .executeTakeFirstOrThrow();
        if (count >= mostUnfinished) return false;
        await transaction.insertInto('uploads').values(toRow(upload)).execute();
        return true;
      }),
    find: async (id) => {
      const row = await database.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toUpload(row);
    },
    count: async (id, before, after) => {
      const { numUpdatedRows } = await database
        .updateTable('uploads')
        .set({ received: JSON.stringify(after) })
        .where('id', '=', id)
        .where(sql<boolean>`(received ->> 'size')::bigint = ${before.size}::bigint`)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    remove: async (id) => {
      await database.deleteFrom('uploads').where('id', '=', id).execute();
    },
    expired: async (before) => {
      const rows = await database
        .selectFrom('uploads')
        .selectAll()
        .where('expires_at', '<=', before)
        .limit(1_000)
        .execute();
      return rows.map(toUpload);
    },
  };
}

function toRow(upload: ResumableUpload) {
  return {
    id: upload.id,
    site: upload.site,
    subject: upload.subject,
    file_name: upload.fileName,
    declared_type: upload.declaredType ?? null,
    visibility: upload.rule.visibility,
    products: [...upload.rule.products],
    sha256: upload.sha256 ?? null,
    metadata: upload.metadata ?? null,
    length: upload.length,
    received: JSON.stringify(upload.received),
    store: upload.store,
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
  };
}

function toUpload(row: Selectable<AssetsDatabase['uploads']>): ResumableUpload {
  return {
    id: row.id,
    site: row.site,
    subject: row.subject,
    fileName: row.file_name,
    declaredType: row.declared_type ?? undefined,
    rule: { visibility: row.visibility, products: row.products },
    sha256: row.sha256 ?? undefined,
    metadata: row.metadata ?? undefined,
    length: Number(row.length),
    received: row.received,
    store: row.store,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    isFinished: row.finished_at !== null,
  };
}
