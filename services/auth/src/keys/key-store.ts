import { type Resealing, reseal, type SealedStore } from '@gaia/sealed-values/reseal';
import type { Sealer } from '@gaia/sealed-values/sealer';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { AuthTables, KeyState } from '../database.ts';
import type { LivingKey } from './key-life.ts';
import type { RingKey } from './key-ring.ts';
import { exportSigningKey, restoreSigningKey, type SigningKey } from './signing-key.ts';

/** A stored private key that the key encryption keys at hand do not open. Making new keys instead would hide the fault. */
export class KeysSealed extends Error {
  readonly code = 'keys_sealed';
  constructor(kid: string, kekVersion: string) {
    super(
      `the stored signing key ${kid} was sealed with key encryption key ${kekVersion}, which AUTH_KEK does not hold ` +
        '(or the stored key was altered); start with the AUTH_KEK that sealed it, after the new one if there is a new one',
    );
    this.name = 'KeysSealed';
  }
}

/** A key as administrators see it. */
export interface StoredKey extends LivingKey {
  readonly bits: number;
  readonly kekVersion: string;
  readonly createdAt: number;
}

export interface KeyStore {
  /** All keys, newest first; those in `known` are taken over and not opened again. Throws KeysSealed. */
  load(known?: readonly RingKey[]): Promise<readonly RingKey[]>;
  list(): Promise<readonly StoredKey[]>;
  insert(key: SigningKey, state: KeyState, at: Date): Promise<void>;
  setState(kid: string, state: KeyState, at: Date): Promise<void>;
  /** The one that signs retires, and this one signs. */
  activate(kid: string, at: Date): Promise<void>;
  setDue(kid: string, at: Date): Promise<void>;
  remove(kid: string): Promise<void>;
  isCompromised(kid: string): Promise<boolean>;
  setCompromised(kid: string, at: Date): Promise<void>;
  /** Seals every key with the first of the key encryption keys. */
  reseal(): Promise<Resealing>;
}

/** Held while keys change, so that replicas that start or rotate at the same time do it one after the other. */
const LOCK = 'gaia auth signing keys';

/** Changes keys in one transaction, alone among all replicas. */
export function changingKeys<T>(
  database: Kysely<AuthTables>,
  sealer: Sealer,
  change: (store: KeyStore, transaction: Transaction<AuthTables>) => Promise<T>,
): Promise<T> {
  return database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(transaction);
    return change(createKeyStore(transaction, sealer), transaction);
  });
}

export function createKeyStore(database: Kysely<AuthTables>, sealer: Sealer): KeyStore {
  const sealedKeys = () =>
    database
      .selectFrom('signing_keys')
      .select(['kid', 'state', 'sealed_private_key as sealed', 'kek_version as kekVersion'])
      .orderBy('created_at', 'desc')
      .orderBy('kid')
      .execute();

  const sealedStore: SealedStore = {
    sealedByOthers: async (kekId, after = '', limit) => {
      const rows = await database
        .selectFrom('signing_keys')
        .select(['kid as id', 'sealed_private_key as sealed', 'kek_version as kid'])
        .where('kek_version', '!=', kekId)
        .where('kid', '>', after)
        .orderBy('kid')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, context: row.id }));
    },
    replace: async (before, after) => {
      await database
        .updateTable('signing_keys')
        .set({ sealed_private_key: after.sealed, kek_version: after.kid })
        .where('kid', '=', before.id)
        .where('sealed_private_key', '=', before.sealed)
        .execute();
    },
  };

  function opened(row: { kid: string; sealed: Buffer; kekVersion: string }): Buffer {
    const pkcs8 = sealer.open({ sealed: row.sealed, kid: row.kekVersion }, row.kid);
    if (pkcs8 === undefined) throw new KeysSealed(row.kid, row.kekVersion);
    return pkcs8;
  }

  async function setState(kid: string, state: KeyState, at: Date): Promise<void> {
    await database
      .updateTable('signing_keys')
      .set({ state, state_since: at, due_at: null })
      .where('kid', '=', kid)
      .execute();
  }

  return {
    load: async (known = []) => {
      const keys = new Map(known.map(({ key }) => [key.kid, key]));
      const rows = await sealedKeys();
      return Promise.all(
        rows.map(async (row) => ({
          state: row.state,
          key: keys.get(row.kid) ?? (await restoreSigningKey(opened(row))),
        })),
      );
    },
    list: async () => {
      const rows = await database
        .selectFrom('signing_keys')
        .select(['kid', 'state', 'public_jwk', 'kek_version', 'created_at', 'state_since', 'due_at'])
        .orderBy('created_at', 'desc')
        .orderBy('kid')
        .execute();
      return rows.map((row) => ({
        kid: row.kid,
        state: row.state,
        stateSince: row.state_since.getTime(),
        dueAt: row.due_at?.getTime(),
        bits: Buffer.from(String(row.public_jwk.n), 'base64url').length * 8,
        kekVersion: row.kek_version,
        createdAt: row.created_at.getTime(),
      }));
    },
    insert: async (key, state, at) => {
      const { sealed, kid: kekId } = sealer.seal(exportSigningKey(key), key.kid);
      await database
        .insertInto('signing_keys')
        .values({
          kid: key.kid,
          state,
          public_jwk: JSON.stringify(key.publicJwk),
          sealed_private_key: sealed,
          kek_version: kekId,
          created_at: at,
          state_since: at,
          due_at: null,
        })
        .execute();
    },
    setState,
    activate: async (kid, at) => {
      await database
        .updateTable('signing_keys')
        .set({ state: 'retiring', state_since: at, due_at: null })
        .where('state', '=', 'active')
        .where('kid', '!=', kid)
        .execute();
      await setState(kid, 'active', at);
    },
    setDue: async (kid, at) => {
      await database.updateTable('signing_keys').set({ due_at: at }).where('kid', '=', kid).execute();
    },
    remove: async (kid) => {
      await database.deleteFrom('signing_keys').where('kid', '=', kid).execute();
    },
    isCompromised: async (kid) => {
      const row = await database.selectFrom('compromised_keys').select('kid').where('kid', '=', kid).executeTakeFirst();
      return row !== undefined;
    },
    setCompromised: async (kid, at) => {
      await database
        .insertInto('compromised_keys')
        .values({ kid, compromised_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    reseal: () => reseal(sealer, sealedStore),
  };
}
