import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';

/** A registered site at one of its hosts. */
export interface SiteAtHost {
  readonly site: string;
  readonly name: string;
  /** RFC 6454 origin, the only one at which the site exists under this host. */
  readonly origin: string;
}

export type FindSiteAtHost = (host: string) => Promise<SiteAtHost | undefined>;

/** Finds the site of a host (lower case, without port) and its origin; undefined where none is registered. */
export function createFindSiteAtHost(options: {
  readonly database: Kysely<AuthTables>;
  readonly publicUrl: string;
}): FindSiteAtHost {
  return async (host) => {
    const found = await options.database
      .selectFrom('site_hosts')
      .innerJoin('sites', 'sites.id', 'site_hosts.site_id')
      .select(['sites.id as site', 'sites.name', 'sites.origin'])
      .where('site_hosts.host', '=', host)
      .executeTakeFirst();
    if (found === undefined) return undefined;
    const { site, name } = found;
    return { site, name, origin: originAtHost(host, found.origin ?? options.publicUrl) };
  };
}

/** The origin that has scheme and port of another one: a site's further hosts are reached as its first. */
export function originAtHost(host: string, like: string): string {
  const url = new URL(like);
  if (url.hostname !== host) url.hostname = host;
  return url.origin;
}
