import type { Fit } from '@gaia/image-variants/ladder';
import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { AssetsDatabase } from '../database.ts';

/** What a site asks of its images. */
export interface ImageSettings {
  /** Boxes beside the ladder, by name. */
  readonly presets: Readonly<Record<string, NamedPreset>>;
  /** Whether addresses that name the bytes may be kept for good, although a public file can be closed. */
  readonly immutable: boolean;
  readonly version: number;
}

export interface NamedPreset {
  readonly width: number;
  readonly height?: number;
  readonly fit?: Fit;
  readonly quality?: number;
}

export interface ImageSettingsStore {
  of(site: string): Promise<ImageSettings>;
  /** Gives the new ones; undefined if the version is another one by now. */
  replace(
    site: string,
    settings: Omit<ImageSettings, 'version'>,
    isExpected: (version: number) => boolean,
  ): Promise<ImageSettings | undefined>;
}

const DEFAULTS: ImageSettings = Object.freeze({ presets: {}, immutable: false, version: 0 });
/** Until a change of another replica is seen. */
const KEPT_MS = 5_000;

export function createImageSettings(database: Kysely<AssetsDatabase>): ImageSettingsStore {
  const kept = new LRUCache<string, ImageSettings>({ max: 1_000, ttl: KEPT_MS });
  return {
    async of(site) {
      const known = kept.get(site);
      if (known !== undefined) return known;
      const row = await database.selectFrom('image_settings').selectAll().where('site', '=', site).executeTakeFirst();
      const settings = row === undefined ? DEFAULTS : { ...DEFAULTS, ...row.settings, version: row.version };
      kept.set(site, settings);
      return settings;
    },
    async replace(site, settings, isExpected) {
      const changed = await database.transaction().execute(async (transaction) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${`image settings ${site}`}, 0))`.execute(transaction);
        const row = await transaction
          .selectFrom('image_settings')
          .select('version')
          .where('site', '=', site)
          .executeTakeFirst();
        const current = row?.version ?? 0;
        if (!isExpected(current)) return undefined;
        const version = current + 1;
        const json = sql`${JSON.stringify(settings)}::jsonb`;
        await transaction
          .insertInto('image_settings')
          .values({ site, settings: json, version })
          .onConflict((conflict) => conflict.column('site').doUpdateSet({ settings: json, version }))
          .execute();
        return { ...settings, version };
      });
      if (changed !== undefined) kept.set(site, changed);
      return changed;
    },
  };
}
