import { isUniqueViolation } from '@gaia/database/errors';
import type { Kysely } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables, RegistrationPolicy } from '../database.ts';
import { problem } from '../errors.ts';
import { type Page, type PageRequest, pageOf } from '../pagination/page.ts';
import { invalidBody } from '../validation.ts';
import { readAllowedOrigins, readOrigin } from './allowed-origins.ts';
import { originAtHost } from './site-origin.ts';

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly registration: RegistrationPolicy;
  /** Where the site's pages are. */
  readonly origin: string;
  /** Front ends whose pages may call the site's API from a browser. */
  readonly origins: readonly string[];
  readonly createdAt: Date;
}

export interface NewSite {
  /** The host that the site is registered under; its id for ever. */
  readonly id: string;
  readonly name: string;
  /** Further hosts, lower case, without port. */
  readonly hosts: readonly string[];
}

export interface SiteChanges {
  readonly name?: string | undefined;
  readonly registration?: RegistrationPolicy | undefined;
  /** Null: made of the public URL and the site's id. */
  readonly origin?: string | null | undefined;
  readonly origins?: readonly string[] | undefined;
}

/** What everybody may know of a site. */
export interface PublicSite {
  readonly site: string;
  readonly name: string;
  readonly origin: string;
  readonly registration: RegistrationPolicy;
  readonly origins: readonly string[];
}

export interface Sites {
  /** Throws site_exists, host_taken. */
  create(site: NewSite, by: Actor): Promise<Site>;
  /** Throws site_not_found, validation_failed. */
  change(id: string, changes: SiteChanges, by: Actor): Promise<Site>;
  /** Throws site_not_found, also for a site that `member` does not belong to. */
  get(id: string, member?: string): Promise<Site>;
  /** All sites, or those that `member` belongs to, by id. */
  list(request: PageRequest, member: string | undefined): Promise<Page<Site>>;
  /** The site that answers to a host (lower case, without port), if there is one. */
  findByHost(host: string): Promise<PublicSite | undefined>;
}

export interface SitesOptions {
  readonly database: Kysely<AuthTables>;
  readonly audit: Audit;
  readonly publicUrl: string;
  now(): number;
}

export function createSites({ database, audit, publicUrl, now }: SitesOptions): Sites {
  function selectSites(member: string | undefined) {
    const query = database
      .selectFrom('sites')
      .leftJoin('site_hosts', 'site_hosts.site_id', 'sites.id')
      .select(({ fn }) => [
        'sites.id',
        'sites.name',
        'sites.registration',
        'sites.origin',
        'sites.origins',
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

  function siteOf<Row extends { id: string; origin: string | null }>(row: Row): Row & { origin: string } {
    return { ...row, origin: row.origin ?? originAtHost(row.id, publicUrl) };
  }

  async function get(id: string, member?: string): Promise<Site> {
    const site = await selectSites(member).where('sites.id', '=', id).executeTakeFirst();
    if (site === undefined) throw problem('site_not_found');
    return siteOf(site);
  }

  return {
    get,
    change: async (id, { name, registration, origin, origins }, by) => {
      const set = {
        ...(name !== undefined && { name }),
        ...(registration !== undefined && { registration }),
        ...(origin !== undefined && { origin: origin === null ? null : readOrigin(origin, publicUrl) }),
        ...(origins !== undefined && { origins: readAllowedOrigins(origins, publicUrl) }),
      };
      if (typeof set.origin === 'string') {
        const { hostname } = new URL(set.origin);
        const { hosts } = await get(id);
        if (!hosts.includes(hostname)) throw invalidBody('origin', 'must be at one of the hosts of the site');
      }
      await database.transaction().execute(async (transaction) => {
        const changed = await transaction
          .updateTable('sites')
          .set({ ...set, updated_at: new Date(now()) })
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        if (changed === undefined) throw problem('site_not_found');
        await audit.append(transaction, by, {
          action: 'site.change',
          site: id,
          target: id,
          details: { name, registration, origin: origin === null ? 'default' : origin, origins: set.origins },
        });
      });
      return get(id);
    },
    create: async ({ id, name, hosts: others }, by) => {
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
          await audit.append(transaction, by, {
            action: 'site.create',
            site: id,
            target: id,
            details: { name, hosts },
          });
        });
      } catch (error) {
        if (isUniqueViolation(error, 'sites_pkey')) throw problem('site_exists');
        if (isUniqueViolation(error, 'site_hosts_pkey')) throw problem('host_taken');
        throw error;
      }
      return { id, name, hosts, registration: 'closed', origin: originAtHost(id, publicUrl), origins: [], createdAt };
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
      const page = pageOf(await query.execute(), limit, (site) => site.id);
      return { items: page.items.map(siteOf), nextCursor: page.nextCursor };
    },
    findByHost: async (host) => {
      const found = await database
        .selectFrom('site_hosts')
        .innerJoin('sites', 'sites.id', 'site_hosts.site_id')
        .select(['sites.id as site', 'sites.name', 'sites.registration', 'sites.origin', 'sites.origins'])
        .where('site_hosts.host', '=', host)
        .executeTakeFirst();
      return found && { ...found, origin: originAtHost(host, found.origin ?? publicUrl) };
    },
  };
}
