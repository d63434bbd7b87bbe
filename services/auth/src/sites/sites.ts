import { isUniqueViolation } from '@gaia/database/errors';
import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { type Page, type PageRequest, pageOf } from '../pages/page.ts';

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly createdAt: Date;
}

export interface NewSite {
  /** The host that the site is registered under; its id for ever. */
  readonly id: string;
  readonly name: string;
  /** Further hosts, lower case, without port. */
  readonly hosts: readonly string[];
}

export interface Sites {
  /** Throws site_exists, host_taken. */
  create(site: NewSite): Promise<Site>;
  /** Throws site_not_found, also for a site that `member` does not belong to. */
  get(id: string, member?: string): Promise<Site>;
  /** All sites, or those that `member` belongs to, by id. */
  list(request: PageRequest, member: string | undefined): Promise<Page<Site>>;
  /** The site that answers to a host. Throws site_not_found. */
  findByHost(host: string): Promise<{ site: string; name: string }>;
}

export function createSites({ database, now }: { database: Kysely<AuthTables>; now(): number }): Sites {
  function selectSites(member: string | undefined) {
    const query = database
      .selectFrom('sites')
      .leftJoin('site_hosts', 'site_hosts.site_id', 'sites.id')
      .select(({ fn }) => [
        'sites.id',
        'sites.name',
        'sites.created_at as createdAt',
        fn.agg<string[]>('array_agg', ['site_hosts.host']).orderBy('site_hosts.host').as('hosts'),
      ])
      .groupBy('sites.id');
    if (member === undefined) return query;
    return query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('memberships')
          .select('memberships.user_id')
          .whereRef('memberships.site_id', '=', 'sites.id')
          .where('memberships.user_id', '=', member),
      ),
    );
  }

  return {
    create: async ({ id, name, hosts: others }) => {
      const hosts = [...new Set([id, ...others])].sort();
      const createdAt = new Date(now());
      try {
        await database.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('sites')
            .values({ id, name, created_at: createdAt, updated_at: createdAt })
            .execute();
          await transaction
            .insertInto('site_hosts')
            .values(hosts.map((host) => ({ host, site_id: id })))
            .execute();
        });
      } catch (error) {
        if (isUniqueViolation(error, 'sites_pkey')) throw problem('site_exists');
        if (isUniqueViolation(error, 'site_hosts_pkey')) throw problem('host_taken');
        throw error;
      }
      return { id, name, hosts, createdAt };
    },
    get: async (id, member) => {
      const site = await selectSites(member).where('sites.id', '=', id).executeTakeFirst();
      if (site === undefined) throw problem('site_not_found');
      return site;
    },
    list: async ({ limit, after, like }, member) => {
      let query = selectSites(member)
        .orderBy('sites.id')
        .limit(limit + 1);
      if (after !== undefined) query = query.where('sites.id', '>', after);
      if (like !== undefined) {
        query = query.where((where) =>
          where.or([where('sites.id', 'like', like), where(where.fn<string>('lower', ['sites.name']), 'like', like)]),
        );
      }
      return pageOf(await query.execute(), limit, (site) => site.id);
    },
    findByHost: async (host) => {
      const found = await database
        .selectFrom('site_hosts')
        .innerJoin('sites', 'sites.id', 'site_hosts.site_id')
        .select(['sites.id as site', 'sites.name'])
        .where('site_hosts.host', '=', host)
        .executeTakeFirst();
      if (found === undefined) throw problem('site_not_found');
      return found;
    },
  };
}
