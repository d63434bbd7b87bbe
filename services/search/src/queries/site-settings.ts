import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { SearchDatabase } from '../database.ts';
import { indexSynonyms, type SynonymIndex } from '../synonyms/synonym-index.ts';

/** What a query must know of its site. */
export interface SiteSettings {
  readonly synonyms: SynonymIndex;
  /** Whose words are stemmed in the site's documents. */
  readonly languages: readonly string[];
  /** Whether there may be documents of an older shape. */
  readonly former: boolean;
}

export interface SiteSettingsCache {
  /** As they are now if `fresh`, else as they were a second ago at most. */
  read(site: string, fresh: boolean): Promise<SiteSettings>;
  /** To be called after a change of a site's synonyms; other processes see it within a second. */
  forget(site: string): void;
}

const MAX_SITES = 1_000;
const MAX_AGE_MS = 1_000;

export function createSiteSettings(database: Kysely<SearchDatabase>, now: () => number): SiteSettingsCache {
  const known = new LRUCache<string, { readonly at: number; readonly settings: Promise<SiteSettings> }>({
    max: MAX_SITES,
  });
  return {
    read: (site, fresh) => {
      const found = known.get(site);
      if (!fresh && found !== undefined && now() - found.at < MAX_AGE_MS && now() >= found.at) return found.settings;
      const settings = readSettings(database, site);
      known.set(site, { at: now(), settings });
      settings.catch(() => known.delete(site));
      return settings;
    },
    forget: (site) => {
      known.delete(site);
    },
  };
}

async function readSettings(database: Kysely<SearchDatabase>, site: string): Promise<SiteSettings> {
  const { rows } = await sql<{ groups: string[][] | null; languages: string[]; rebuilding: boolean }>`
    select (select groups from synonyms where site = ${site}) as groups,
      array(select language from languages where site = ${site} order by language) as languages,
      (select rebuilding from progress) as rebuilding`.execute(database);
  const { groups = null, languages = [], rebuilding = false } = rows[0] ?? {};
  return { synonyms: indexSynonyms(groups ?? []), languages, former: rebuilding };
}
