import type { Sealer } from '@gaia/sealed-values/sealer';
import type { Kysely } from 'kysely';
import type { AuthTables } from '../database.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { changingKeys } from './key-store.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

export interface OpenKeyRingOptions {
  readonly database: Kysely<AuthTables>;
  readonly sealer: Sealer;
  readonly rsaBits: number;
  /** A key of the operator's own that is to sign. */
  readonly imported: SigningKey | undefined;
  now(): number;
}

/**
 * The keys of the installation: makes the first one, or takes the operator's own as the active one, and seals all with
 * the newest key encryption key.
 * Throws KeysSealed when stored keys cannot be opened (new ones are made only where there are none), and an Error for a
 * key of the operator's own that is compromised.
 */
export async function openKeyRing(options: OpenKeyRingOptions): Promise<KeyRing> {
  const { database, sealer, rsaBits, imported, now } = options;
  const keys = await changingKeys(database, sealer, async (store) => {
    await store.reseal();
    const stored = await store.load();
    const at = new Date(now());
    if (imported !== undefined) {
      if (await store.isCompromised(imported.kid)) {
        throw new Error(
          `AUTH_SIGNING_KEY_FILE holds the key ${imported.kid}, which is compromised and must never sign`,
        );
      }
      const known = stored.find((one) => one.key.kid === imported.kid);
      if (known === undefined) await store.insert(imported, 'retiring', at);
      // The key that signed before stays published: its tokens are good until they expire.
      if (known?.state !== 'active') await store.activate(imported.kid, at);
    } else if (!stored.some((key) => key.state === 'active')) {
      await store.insert(await generateSigningKey(rsaBits), 'active', at);
    }
    return store.load(stored);
  });
  return createKeyRing(keys);
}
