import { type Kysely, sql, type Transaction } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import { problem } from '../errors.ts';

/** What the files of a site take, and may take. */
export interface SiteStorage {
  readonly files: number;
  /** Bytes. */
  readonly used: number;
  /** Bytes; undefined: no limit. */
  readonly quota: number | undefined;
}

export interface Quotas {
  of(site: string): Promise<SiteStorage>;
  /** Sets the quota of a site; undefined: the one of all sites. */
  set(site: string, bytes: number | undefined): Promise<void>;
  /** Whether there is room for so many bytes now. Throws site_quota_exceeded. */
  refuseOver(site: string, bytes: number): Promise<void>;
  /** The same within the transaction that adds a file: two that fit alone do not both pass. */
  refuseOverIn(transaction: Transaction<AssetsDatabase>, site: string, bytes: number): Promise<void>;
}

/** `everySite`: bytes of a site that has no quota of its own; 0: no limit. */
export function createQuotas(database: Kysely<AssetsDatabase>, everySite: number): Quotas {
  async function quotaOf(where: Kysely<AssetsDatabase>, site: string): Promise<number | undefined> {
    const row = await where.selectFrom('site_quotas').select('bytes').where('site', '=', site).executeTakeFirst();
    if (row !== undefined) return Number(row.bytes);
    return everySite === 0 ? undefined : everySite;
  }

  async function usedBy(where: Kysely<AssetsDatabase>, site: string) {
    const { rows } = await sql<{ files: number; used: string }>`
      select count(*)::int as files, coalesce(sum(size), 0)::text as used from files where site = ${site}`.execute(
      where,
    );
    return { files: rows[0]?.files ?? 0, used: Number(rows[0]?.used ?? 0) };
  }

  async function refuse(where: Kysely<AssetsDatabase>, site: string, quota: number, bytes: number): Promise<void> {
    const { used } = await usedBy(where, site);
    if (used + bytes <= quota) return;
    const detail = `The files of the site have ${used} of the ${quota} bytes that they may have.`;
    throw problem('site_quota_exceeded', { detail });
  }

  return {
    of: async (site) => ({ ...(await usedBy(database, site)), quota: await quotaOf(database, site) }),
    set: async (site, bytes) => {
      if (bytes === undefined) await database.deleteFrom('site_quotas').where('site', '=', site).execute();
      else {
        const row = { site, bytes };
        await database
          .insertInto('site_quotas')
          .values(row)
          .onConflict((conflict) => conflict.column('site').doUpdateSet({ bytes }))
          .execute();
      }
    },
    refuseOver: async (site, bytes) => {
      const quota = await quotaOf(database, site);
      if (quota !== undefined) await refuse(database, site, quota, bytes);
    },
    refuseOverIn: async (transaction, site, bytes) => {
      const quota = await quotaOf(transaction, site);
      if (quota === undefined) return;
      await sql`select pg_advisory_xact_lock(hashtextextended(${site}, 1))`.execute(transaction);
      await refuse(transaction, site, quota, bytes);
    },
  };
}
