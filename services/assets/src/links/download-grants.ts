import { type Kysely, type Selectable, sql } from 'kysely';
import type { AssetsDatabase, Maker } from '../database.ts';

/** What a download link refers to. */
export interface DownloadGrant {
  readonly file: string;
  readonly site: string;
  /** With the permissions of then: what they may not read now, the link does not open. */
  readonly maker: Maker;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface DownloadGrants {
  /** Keeps a grant under the id for as long as it lives. `viewer` is the digest of who made it. */
  add(id: string, grant: DownloadGrant, viewer: string): Promise<void>;
  find(id: string): Promise<DownloadGrant | undefined>;
  /** The youngest that a viewer has made of a file, if it lives until a time at least. */
  ofViewer(file: string, viewer: string, until: number): Promise<(DownloadGrant & { readonly id: string }) | undefined>;
  /** Forgets what no link can refer to any more. */
  forgetExpired(): Promise<void>;
}

/** In the database and not in the shared state: links keep working without Redis, as all tokens do. */
export function createDownloadGrants(database: Kysely<AssetsDatabase>, now: () => number): DownloadGrants {
  return {
    add: async (id, { file, site, maker, expiresAt }, viewer) => {
      const values = { id, file, site, viewer, expires_at: new Date(expiresAt) };
      await database
        .insertInto('download_links')
        .values({ ...values, maker: sql`${JSON.stringify(maker)}::jsonb` })
        .execute();
    },
    find: async (id) => {
      const row = await database.selectFrom('download_links').selectAll().where('id', '=', id).executeTakeFirst();
      return row && toGrant(row);
    },
    ofViewer: async (file, viewer, until) => {
      const row = await database
        .selectFrom('download_links')
        .selectAll()
        .where('file', '=', file)
        .where('viewer', '=', viewer)
        .where('expires_at', '>=', new Date(until))
        .orderBy('expires_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && { ...toGrant(row), id: row.id };
    },
    forgetExpired: async () => {
      await database.deleteFrom('download_links').where('expires_at', '<=', new Date(now())).execute();
    },
  };
}

function toGrant({
  file,
  site,
  maker,
  expires_at: expiresAt,
}: Selectable<AssetsDatabase['download_links']>): DownloadGrant {
  return { file, site, maker, expiresAt: expiresAt.getTime() };
}
