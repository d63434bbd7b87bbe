import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import { createKeyRing, type KeyRing, type RingKey } from './key-ring.ts';
import { createKeyStore, type KeyStore } from './key-store.ts';
import type { Sealer } from './sealing.ts';
import { generateSigningKey, type SigningKey } from './signing-key.ts';

export interface OpenKeyRingOptions {
  readonly database: Kysely<AuthTables>;
  readonly sealer: Sealer;
  readonly rsaBits: number;
  /** A key of the operator's own that is to sign. */
  readonly imported: SigningKey | undefined;
  now(): number;
}

/** Held while keys change, so that replicas that start or rotate at the same time do it one after the other. */
const LOCK = 'gaia auth signing keys';

/**
 * The keys of the installation: makes the first one, or takes the operator's own as the active one.
 * Throws KeysSealed when stored keys cannot be opened; new ones are made only where there are none.
 */
export async function openKeyRing(options: OpenKeyRingOptions): Promise<KeyRing> {
  const { database, sealer, rsaBits, imported, now } = options;
  const keys = await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(transaction);
    const store = createKeyStore(transaction, sealer);
    const stored = await store.load();
    if (imported !== undefined) await activate(store, stored, imported, new Date(now()));
    else if (!stored.some((key) => key.state === 'active')) {
      await store.insert(await generateSigningKey(rsaBits), 'active', new Date(now()));
    }
    return store.load();
  });
  return createKeyRing(keys);
}

/** The key that signed before stays published: its tokens are good until they expire. */
async function activate(store: KeyStore, stored: readonly RingKey[], key: SigningKey, at: Date): Promise<void> {
  const known = stored.find((one) => one.key.kid === key.kid);
  if (known?.state === 'active') return;
  for (const one of stored) if (one.state === 'active') await store.setState(one.key.kid, 'retiring', at);
  if (known === undefined) await store.insert(key, 'active', at);
  else await store.setState(key.kid, 'active', at);
}
