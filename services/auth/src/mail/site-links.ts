import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { originAtHost } from '../sites/site-origin.ts';

/** In whose name a mail is written, and where its links lead. */
export interface Sender {
  /** The site's id; undefined for the installation itself. */
  readonly site: string | undefined;
  readonly name: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

export interface SiteLinks {
  /** The site's own sender; the installation's for a deleted site. */
  ofSite(site: string): Promise<Sender>;
  /**
   * The sender of mails to a user: the wanted site if they belong to it, else their first, else the installation.
   * The pages of a site could take tokens out of links to them, so a link leads only to a site that the user
   * has joined, and an administrator's always to the installation.
   */
  ofUser(user: { id: string; administrator: boolean }, wanted: string | undefined): Promise<Sender>;
  readonly installation: Sender;
}

/** Links are made of what is registered here. Nothing of a request, such as its Host, is ever part of one. */
export function createSiteLinks(database: Kysely<AuthTables>, publicUrl: string): SiteLinks {
  const installation: Sender = Object.freeze({ site: undefined, name: 'Gaia', origin: new URL(publicUrl).origin });
  const senderOf = ({ id, name, origin }: { id: string; name: string; origin: string | null }): Sender => ({
    site: id,
    name,
    origin: origin ?? originAtHost(id, publicUrl),
  });
  return {
    installation,
    ofSite: async (site) => {
      const row = await database
        .selectFrom('sites')
        .select(['id', 'name', 'origin'])
        .where('id', '=', site)
        .executeTakeFirst();
      return row === undefined ? installation : senderOf(row);
    },
    ofUser: async ({ id, administrator }, wanted) => {
      if (administrator) return installation;
      const row = await database
        .selectFrom('memberships')
        .innerJoin('sites', 'sites.id', 'memberships.site_id')
        .select(['sites.id', 'sites.name', 'sites.origin'])
        .where('memberships.user_id', '=', id)
        .orderBy((order) => order('sites.id', '=', wanted ?? ''), 'desc')
        .orderBy('memberships.created_at')
        .orderBy('sites.id')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? installation : senderOf(row);
    },
  };
}
