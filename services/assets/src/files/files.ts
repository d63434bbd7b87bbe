import type { Caller } from '@gaia/policy/visibility';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import { readableFiles } from '../references/readable-files.ts';
import { type Usages, usageOf } from '../references/usage.ts';
import type { ListPosition } from './list-cursor.ts';
import type { Quotas } from './quotas.ts';
import { type BytesLocation, type ImageFacts, imageErrors, type StoredFile, type undescribed } from './stored-file.ts';

export interface Files {
  find(id: string): Promise<StoredFile | undefined>;
  /** Whether a caller may read a file: by its own visibility, or through an entry that mentions it. */
  isReadable(caller: Caller, file: Pick<StoredFile, 'id' | 'site' | 'visibility'>): Promise<boolean>;
  /** Those of some files of a site that a caller may read, in no order. */
  readableOf(caller: Caller, site: string, ids: readonly string[]): Promise<readonly StoredFile[]>;
  /** Those that a caller may read, newest first. */
  list(caller: Caller, site: string, after: ListPosition | undefined, limit: number): Promise<readonly StoredFile[]>;
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
  /** Makes of a file what `next` makes of it, one change after the other; undefined if it is not there. */
  change(id: string, next: (file: StoredFile) => StoredFile): Promise<StoredFile | undefined>;
  /** Records what looking at the bytes of a file has told, as long as they are those that were looked at. */
  describe(file: StoredFile): Promise<void>;
  /** Images that nothing has looked at, the oldest first. */
  undescribedImages(limit: number): Promise<readonly StoredFile[]>;
  /** Takes a file away; its bytes and variants are unclaimed from now on. Gives what it was; undefined if it is not there. */
  remove(id: string): Promise<StoredFile | undefined>;
  /** Records that bytes are deleted. */
  forgetBytes(bytes: BytesLocation): Promise<void>;
  /** Bytes that have been unclaimed since before a time; at most 1,000. */
  unclaimedSince(before: Date): Promise<readonly BytesLocation[]>;
}

export function createFiles(
  database: Kysely<AssetsDatabase>,
  now: () => number,
  quotas: Pick<Quotas, 'refuseOverIn'>,
): Files {
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
    list: async (caller, site, after, limit) => {
      const all = database
        .selectFrom('files as f')
        .selectAll('f')
        .where('f.site', '=', site)
        .where(readableFiles(caller, site));
      const wanted =
        after === undefined
          ? all
          : all.where(sql<boolean>`(f.created_at, f.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
      const rows = await wanted.orderBy('f.created_at', 'desc').orderBy('f.id', 'desc').limit(limit).execute();
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
    change: (id, next) =>
      database.transaction().execute(async (transaction) => {
        const one = transaction.selectFrom('files').selectAll().where('id', '=', id);
        const row = await one.forUpdate().executeTakeFirst();
        if (row === undefined) return undefined;
        const before = toFile(row);
        const after = next(before);
        if (after !== before) await transaction.updateTable('files').set(toRow(after)).where('id', '=', id).execute();
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
    remove: (id) =>
      database.transaction().execute(async (transaction) => {
        const variants = await transaction
          .deleteFrom('file_variants')
          .where('file', '=', id)
          .returning(['bytes_key as bytesKey', 'store'])
          .execute();
        const row = await transaction.deleteFrom('files').where('id', '=', id).returningAll().executeTakeFirst();
        if (row === undefined) return undefined;
        for (const bytes of [toFile(row), ...variants]) await announce(transaction, bytes);
        return toFile(row);
      }),
    forgetBytes: (bytes) => claim(database, bytes),
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

function toRow(file: StoredFile) {
  return {
    id: file.id,
    site: file.site,
    file_name: file.fileName,
    media_type: file.mediaType,
    size: file.size,
    sha256: file.sha256,
    visibility: file.visibility,
    products: [...file.products],
    version: file.version,
    uploaded_by: file.uploadedBy,
    created_at: file.createdAt,
    bytes_key: file.bytesKey,
    store: file.store,
    bytes_changed_at: file.bytesChangedAt,
    focal_x: file.focal?.x ?? null,
    focal_y: file.focal?.y ?? null,
    ...imageColumns(file),
  };
}

function imageColumns({ image, imageDescribed, imageError }: Pick<StoredFile, keyof typeof undescribed>) {
  return {
    width: image?.width ?? null,
    height: image?.height ?? null,
    frames: image?.frames ?? null,
    has_alpha: image?.hasAlpha ?? null,
    placeholder: image?.placeholder ?? null,
    dominant_color: image?.dominantColor ?? null,
    image_described: imageDescribed,
    image_error: imageError ?? null,
  };
}

function toFile(row: Selectable<AssetsDatabase['files']>): StoredFile {
  return {
    id: row.id,
    site: row.site,
    fileName: row.file_name,
    mediaType: row.media_type,
    size: Number(row.size),
    sha256: row.sha256,
    visibility: row.visibility,
    products: row.products,
    version: row.version,
    uploadedBy: row.uploaded_by,
    createdAt: row.created_at,
    bytesKey: row.bytes_key,
    store: row.store,
    bytesChangedAt: row.bytes_changed_at ?? row.created_at,
    focal: row.focal_x === null || row.focal_y === null ? undefined : { x: row.focal_x, y: row.focal_y },
    image: imageOf(row),
    imageDescribed: row.image_described,
    imageError: imageErrors.find((error) => error === row.image_error),
  };
}

function imageOf(row: Selectable<AssetsDatabase['files']>): ImageFacts | undefined {
  const { width, height, placeholder } = row;
  if (width === null || height === null) return undefined;
  return {
    width,
    height,
    frames: row.frames ?? 1,
    hasAlpha: row.has_alpha ?? false,
    placeholder,
    dominantColor: row.dominant_color,
  };
}
