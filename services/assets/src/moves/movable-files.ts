import { type Kysely, sql } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import { toFile } from '../files/file-rows.ts';
import type { BytesLocation, StoredFile } from '../files/stored-file.ts';
import type { StoreKind } from '../storage/file-store.ts';

/** Files as moving them sees them. */
export interface MovableFiles {
  /** Those that are in another store, by id. */
  elsewhere(than: StoreKind, after: string | undefined, limit: number): Promise<readonly StoredFile[]>;
  countElsewhere(than: StoreKind): Promise<{ readonly files: number; readonly bytes: number }>;
  /** Says that bytes are about to be stored, also where they have been before. */
  announce(bytes: BytesLocation): Promise<void>;
  /** Says that a file is in another store now; nothing happens if it was changed or deleted meanwhile. */
  moved(file: StoredFile, to: StoreKind): Promise<void>;
}

export function createMovableFiles(database: Kysely<AssetsDatabase>, now: () => number): MovableFiles {
  async function announce(where: Kysely<AssetsDatabase>, { bytesKey, store }: BytesLocation): Promise<void> {
    const since = new Date(now());
    await where
      .insertInto('unclaimed_bytes')
      .values({ key: bytesKey, store, since })
      .onConflict((conflict) => conflict.columns(['key', 'store']).doUpdateSet({ since }))
      .execute();
  }

  return {
    elsewhere: async (than, after, limit) => {
      let query = database.selectFrom('files').selectAll().where('store', '<>', than);
      if (after !== undefined) query = query.where('id', '>', after);
      const rows = await query.orderBy('id').limit(limit).execute();
      return rows.map(toFile);
    },
    countElsewhere: async (than) => {
      const { rows } = await sql<{ files: number; bytes: string }>`
        select count(*)::int as files, coalesce(sum(size), 0)::text as bytes from files where store <> ${than}`.execute(
        database,
      );
      return { files: rows[0]?.files ?? 0, bytes: Number(rows[0]?.bytes ?? 0) };
    },
    announce: (bytes) => announce(database, bytes),
    moved: (file, to) =>
      database.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('files')
          .set({ store: to })
          .where('id', '=', file.id)
          .where('bytes_key', '=', file.bytesKey)
          .where('store', '=', file.store)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return;
        const old = transaction.deleteFrom('unclaimed_bytes').where('key', '=', file.bytesKey);
        await old.where('store', '=', to).execute();
        await announce(transaction, file);
      }),
  };
}
