import type { SealedStore } from '@gaia/sealed-values/reseal';
import { createSealer, type Sealer, type SealerOptions } from '@gaia/sealed-values/sealer';
import type { CmsDatabase } from '../database.ts';

export function createSecretSealer(options: Pick<SealerOptions, 'keys' | 'randomBytes'>): Sealer {
  return createSealer({ purpose: 'webhook secret', ...options });
}

/** What a secret is sealed for: who can write to the table cannot give it to another endpoint. */
export function contextOfSecret(endpointId: string, secretId: string): string {
  return `${endpointId}/${secretId}`;
}

/** The secrets at rest, for a change of the key that seals them. */
export function sealedSecrets(database: CmsDatabase): SealedStore {
  return {
    sealedByOthers: async (kid, after, limit) => {
      let query = database
        .selectFrom('webhook_secrets')
        .select(['id', 'endpoint_id', 'sealed', 'kek_version'])
        .where('kek_version', '!=', kid);
      if (after !== undefined) query = query.where('id', '>', after);
      const rows = await query.orderBy('id').limit(limit).execute();
      return rows.map((row) => ({
        id: row.id,
        context: contextOfSecret(row.endpoint_id, row.id),
        sealed: row.sealed,
        kid: row.kek_version,
      }));
    },
    replace: async (before, after) => {
      await database
        .updateTable('webhook_secrets')
        .set({ sealed: after.sealed, kek_version: after.kid })
        .where('id', '=', before.id)
        .where('sealed', '=', before.sealed)
        .execute();
    },
  };
}
