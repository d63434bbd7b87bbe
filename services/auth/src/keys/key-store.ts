import type { Kysely } from 'kysely';
import type { AuthTables, KeyState } from '../database.ts';
import type { RingKey } from './key-ring.ts';
import type { Sealer } from './sealing.ts';
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

export interface KeyStore {
  /** All keys, newest first. Throws KeysSealed. */
  load(): Promise<readonly RingKey[]>;
  insert(key: SigningKey, state: KeyState, at: Date): Promise<void>;
  setState(kid: string, state: KeyState, at: Date): Promise<void>;
}

export function createKeyStore(database: Kysely<AuthTables>, sealer: Sealer): KeyStore {
  return {
    load: async () => {
      const rows = await database
        .selectFrom('signing_keys')
        .select(['kid', 'state', 'sealed_private_key', 'kek_version'])
        .orderBy('created_at', 'desc')
        .orderBy('kid')
        .execute();
      return rows.map((row) => {
        const sealed = { sealed: row.sealed_private_key, kekVersion: row.kek_version };
        const pkcs8 = sealer.open(sealed, row.kid);
        if (pkcs8 === undefined) throw new KeysSealed(row.kid, row.kek_version);
        return { state: row.state, key: restoreSigningKey(pkcs8) };
      });
    },
    insert: async (key, state, at) => {
      const { sealed, kekVersion } = sealer.seal(exportSigningKey(key), key.kid);
      await database
        .insertInto('signing_keys')
        .values({
          kid: key.kid,
          state,
          public_jwk: JSON.stringify(key.publicJwk),
          sealed_private_key: sealed,
          kek_version: kekVersion,
          created_at: at,
          state_since: at,
        })
        .execute();
    },
    setState: async (kid, state, at) => {
      await database.updateTable('signing_keys').set({ state, state_since: at }).where('kid', '=', kid).execute();
    },
  };
}
