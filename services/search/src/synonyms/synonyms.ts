import type { Audit } from '@gaia/audit-log';
import type { Actor } from '@gaia/audit-log/actor';
import type { Kysely } from 'kysely';
import type { SearchDatabase } from '../database.ts';

export interface SiteSynonyms {
  /** Words and texts of each group mean the same. */
  readonly groups: readonly (readonly string[])[];
  /** Milliseconds since the epoch; undefined for a site that never had any. */
  readonly updatedAt: number | undefined;
}

export interface Synonyms {
  read(site: string): Promise<SiteSynonyms>;
  /** Replaces all of a site. */
  replace(by: Actor, site: string, groups: readonly (readonly string[])[]): Promise<SiteSynonyms>;
}

export interface SynonymsDependencies {
  readonly database: Kysely<SearchDatabase>;
  readonly audit: Pick<Audit<SearchDatabase>, 'append'>;
  readonly now: () => number;
  /** Called after a change of a site's synonyms. */
  readonly onChange: (site: string) => void;
}

export function createSynonyms({ database, audit, now, onChange }: SynonymsDependencies): Synonyms {
  return {
    read: async (site) => {
      const row = await database.selectFrom('synonyms').selectAll().where('site', '=', site).executeTakeFirst();
      return { groups: row?.groups ?? [], updatedAt: row?.updated_at.getTime() };
    },
    replace: async (by, site, groups) => {
      const updatedAt = now();
      await database.transaction().execute(async (transaction) => {
        const values = { groups: JSON.stringify(groups), updated_at: new Date(updatedAt) };
        await transaction
          .insertInto('synonyms')
          .values({ site, ...values })
          .onConflict((conflict) => conflict.column('site').doUpdateSet(values))
          .execute();
        await audit.append(transaction, by, {
          action: 'synonyms.replace',
          site,
          details: { groups: groups.length, texts: groups.flat().length },
        });
      });
      onChange(site);
      return { groups, updatedAt };
    },
  };
}
