import { type Kysely, sql } from 'kysely';
import type { AssetsDatabase, Maker } from '../database.ts';

/** What a download link refers to. */
export interface DownloadGrant {
  readonly file: string;
  readonly site: string;
  /** With the permissions of then: what they may not read now, the link does not open. */
  readonly maker: Maker;
}

export interface DownloadGrants {
  /** Keeps a grant under the id until the time, in milliseconds. */
  add(id: string, grant: DownloadGrant, expiresAt: number): Promise<void>;
  find(id: string): Promise<DownloadGrant | undefined>;
  /** Forgets what no link can refer to any more. */
  forgetExpired(): Promise<void>;
}

/** In the database and not in the shared state: links keep working without Redis, as all tokens do. */
export function createDownloadGrants(database: Kysely<AssetsDatabase>, now: () => number): DownloadGrants {
  return {
    add: async (id, { file, site, maker }, expiresAt) => {
      await database
        .insertInto('download_links')
        .values({ id, file, site, maker: sql`${JSON.stringify(maker)}::jsonb`, expires_at: new Date(expiresAt) })
        .execute();
    },
    find: (id) =>
      database.selectFrom('download_links').select(['file', 'site', 'maker']).where('id', '=', id).executeTakeFirst(),
    forgetExpired: async () => {
      await database.deleteFrom('download_links').where('expires_at', '<=', new Date(now())).execute();
    },
  };
}
