import type { Format } from '@gaia/image-variants/ladder';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import type { BytesLocation } from '../files/stored-file.ts';

/** A rendering of an image that is in a store. */
export interface StoredVariant extends BytesLocation {
  readonly file: string;
  readonly digest: string;
  readonly format: Format;
  readonly key: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly createdAt: Date;
}

export type VariantId = Pick<StoredVariant, 'file' | 'digest' | 'format'>;

export interface VariantRecords {
  /** Counts as a use. */
  find(id: VariantId): Promise<StoredVariant | undefined>;
  /** Keys of what is made of some files in a format, by file. */
  keysOf(files: readonly string[], format: Format): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /**
   * Records a variant in place of what it was; its bytes are claimed from now on, and those of the least used over the
   * limit no longer. False where the file is gone.
   */
  add(variant: StoredVariant): Promise<boolean>;
  /** Lets go of a variant, unless another is recorded in its place. */
  remove(variant: StoredVariant): Promise<void>;
  /** Takes it upon this process to make a variant; false where another does. It ends by itself after a while. */
  claim(id: VariantId, forMs: number): Promise<boolean>;
  release(id: VariantId): Promise<void>;
  /** Lets go of what was not used since a time; at most 1,000. Gives how many. */
  removeUnusedSince(before: Date): Promise<number>;
}

/** Uses are not written down more often: a page read a thousand times costs one update. */
const USE_EVERY_MS = 3_600_000;
const FOREIGN_KEY_VIOLATION = '23503';

export function createVariantRecords(
  database: Kysely<AssetsDatabase>,
  { now, perFile }: { readonly now: () => number; readonly perFile: number },
): VariantRecords {
  async function unclaim(transaction: Transaction<AssetsDatabase>, gone: readonly BytesLocation[]): Promise<void> {
    if (gone.length === 0) return;
    const since = new Date(now());
    const rows = gone.map(({ bytesKey, store }) => ({ key: bytesKey, store, since }));
    await transaction.insertInto('unclaimed_bytes').values(rows).execute();
  }

  async function put(transaction: Transaction<AssetsDatabase>, variant: StoredVariant): Promise<void> {
    const before = await transaction
      .deleteFrom('file_variants')
      .where('file', '=', variant.file)
      .where('digest', '=', variant.digest)
      .where('format', '=', variant.format)
      .returning(['bytes_key as bytesKey', 'store'])
      .execute();
    await transaction
      .insertInto('file_variants')
      .values({ ...toRow(variant), used_at: new Date(now()) })
      .execute();
    await transaction
      .deleteFrom('unclaimed_bytes')
      .where('key', '=', variant.bytesKey)
      .where('store', '=', variant.store)
      .execute();
    const surplus = await transaction
      .deleteFrom('file_variants')
      .where('file', '=', variant.file)
      .where(
        sql<boolean>`(digest, format) in (select digest, format from file_variants where file = ${variant.file}
          order by used_at desc, created_at desc offset ${perFile})`,
      )
      .returning(['bytes_key as bytesKey', 'store'])
      .execute();
    await unclaim(transaction, [...before, ...surplus]);
  }

  return {
    async find({ file, digest, format }) {
      const row = await database
        .selectFrom('file_variants')
        .selectAll()
        .where('file', '=', file)
        .where('digest', '=', digest)
        .where('format', '=', format)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      if (now() - row.used_at.getTime() > USE_EVERY_MS) {
        await database
          .updateTable('file_variants')
          .set({ used_at: new Date(now()) })
          .where('bytes_key', '=', row.bytes_key)
          .execute();
      }
      return toVariant(row);
    },
    async keysOf(files, format) {
      const rows = await database
        .selectFrom('file_variants')
        .select(['file', 'key'])
        .where(sql<boolean>`file = any(${[...files]}::uuid[])`)
        .where('format', '=', format)
        .execute();
      const keys = new Map<string, Set<string>>();
      for (const { file, key } of rows) keys.set(file, (keys.get(file) ?? new Set()).add(key));
      return keys;
    },
    async add(variant) {
      try {
        await database.transaction().execute((transaction) => put(transaction, variant));
        return true;
      } catch (error) {
        if ((error as { code?: unknown }).code === FOREIGN_KEY_VIOLATION) return false;
        throw error;
      }
    },
    remove: ({ bytesKey }) =>
      database.transaction().execute(async (transaction) => {
        const gone = await transaction
          .deleteFrom('file_variants')
          .where('bytes_key', '=', bytesKey)
          .returning(['bytes_key as bytesKey', 'store'])
          .execute();
        await unclaim(transaction, gone);
      }),
    async claim(id, forMs) {
      const claimedUntil = new Date(now() + forMs);
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('variant_claims')
        .values({ name: nameOf(id), claimed_until: claimedUntil })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ claimed_until: claimedUntil })
            .where('variant_claims.claimed_until', '<', new Date(now())),
        )
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    async release(id) {
      await database.deleteFrom('variant_claims').where('name', '=', nameOf(id)).execute();
    },
    removeUnusedSince: (before) =>
      database.transaction().execute(async (transaction) => {
        const gone = await transaction
          .deleteFrom('file_variants')
          .where(
            sql<boolean>`bytes_key in (select bytes_key from file_variants where used_at < ${before}
              order by used_at limit 1000 for update skip locked)`,
          )
          .returning(['bytes_key as bytesKey', 'store'])
          .execute();
        await unclaim(transaction, gone);
        return gone.length;
      }),
  };
}

function nameOf({ file, digest, format }: VariantId): string {
  return `${file}/${digest}.${format}`;
}

function toRow(variant: StoredVariant) {
  return {
    file: variant.file,
    digest: variant.digest,
    format: variant.format,
    key: variant.key,
    bytes_key: variant.bytesKey,
    store: variant.store,
    width: variant.width,
    height: variant.height,
    size: variant.size,
    sha256: variant.sha256,
    created_at: variant.createdAt,
  };
}

function toVariant(row: Selectable<AssetsDatabase['file_variants']>): StoredVariant {
  return {
    file: row.file,
    digest: row.digest,
    format: row.format,
    key: row.key,
    bytesKey: row.bytes_key,
    store: row.store,
    width: row.width,
    height: row.height,
    size: Number(row.size),
    sha256: row.sha256,
    createdAt: row.created_at,
  };
}
