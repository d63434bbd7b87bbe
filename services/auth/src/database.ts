import type { ColumnType, Generated, JSONColumnType } from 'kysely';

/** The state of a signing key: only `active` signs; all three are published. */
export type KeyState = 'next' | 'active' | 'retiring';

export interface UsersTable {
  id: string;
  email: string;
  /** Normalised address: two spellings of one address share it. */
  email_key: string;
  username: string | null;
  username_key: string | null;
  name: string;
  /** PHC string; null where the user has no password. */
  password_hash: string | null;
  /** Counts up with every change of the credentials; tokens in links are bound to it. */
  credential_version: Generated<number>;
  /** Administrator of the whole installation. */
  administrator: Generated<boolean>;
  disabled: Generated<boolean>;
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
}

export interface SitesTable {
  id: string;
  name: string;
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
}

export interface SiteHostsTable {
  host: string;
  site_id: string;
}

export interface MembershipsTable {
  user_id: string;
  site_id: string;
  roles: string[];
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
}

export interface SigningKeysTable {
  kid: string;
  state: KeyState;
  public_jwk: JSONColumnType<Record<string, unknown>>;
  /** Initialisation vector, tag and ciphertext of the PKCS #8 private key. */
  sealed_private_key: Buffer;
  /** Which key encryption key sealed it. */
  kek_version: string;
  created_at: ColumnType<Date, Date, never>;
  /** When the key took its present state. */
  state_since: ColumnType<Date, Date, Date>;
}

/** Tables of the auth service's schema. */
export interface AuthTables {
  users: UsersTable;
  sites: SitesTable;
  site_hosts: SiteHostsTable;
  memberships: MembershipsTable;
  signing_keys: SigningKeysTable;
}
