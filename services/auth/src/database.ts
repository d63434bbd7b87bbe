import type { AuditTables } from '@gaia/audit-log/tables';
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
  /** What the user name looks like; null where an older name looks the same. */
  username_skeleton: string | null;
  name: string;
  /** PHC string; null where the user has no password. */
  password_hash: string | null;
  /** Counts up with every change of the credentials; tokens in links are bound to it. */
  credential_version: Generated<number>;
  /** Administrator of the whole installation. */
  administrator: Generated<boolean>;
  disabled: Generated<boolean>;
  /** When its owner, or the operator on the host, last proved the address; null: the account belongs to nobody yet. */
  email_verified_at: Date | null;
  /** The address that shall take the place of the present one once it is confirmed. */
  pending_email: string | null;
  pending_email_key: string | null;
  /** Counts up when a reset link is used: it ends all others. */
  reset_version: Generated<number>;
  /** The same for links to an address, and when another change of it is asked for. */
  link_version: Generated<number>;
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
  /** Address, its domain in ASCII and Unicode, and names, lower case; made by the database. */
  search_text: ColumnType<string, never, never>;
}

/** Who may become a member of a site: everybody, who is invited, or nobody. */
export type RegistrationPolicy = 'open' | 'invitation' | 'closed';

export interface SitesTable {
  id: string;
  name: string;
  registration: Generated<RegistrationPolicy>;
  /** Where links in mails lead; null: made of the public URL and the site's id. */
  origin: string | null;
  /** Where pages stand that may call the site's API from a browser; sorted. */
  origins: Generated<string[]>;
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
  /** When an operator wants a `next` key to sign; null: when the schedule says. */
  due_at: Date | null;
}

export interface CompromisedKeysTable {
  kid: string;
  compromised_at: ColumnType<Date, Date, never>;
}

export interface ServiceAccountsTable {
  id: string;
  name: string;
  site_id: string | null;
  scopes: string[];
  /** JWKs that verify the account's own assertions. */
  public_keys: JSONColumnType<readonly Record<string, unknown>[]> | null;
  may_exchange: boolean;
  disabled: boolean;
  /** `sid` of the tokens that are obtained with the keys. */
  session_id: string;
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
}

export interface ClientSecretsTable {
  id: string;
  client_id: string;
  /** SHA-256. */
  digest: Buffer;
  /** `sid` of the tokens that are obtained with it; replaced when those end and the secret does not. */
  session_id: string;
  created_at: ColumnType<Date, Date, never>;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export interface RolesTable {
  site_id: string;
  name: string;
  description: string;
  permissions: string[];
  created_at: ColumnType<Date, Date, never>;
  updated_at: ColumnType<Date, Date, Date>;
}

export interface OutboxTable {
  id: string;
  job: JSONColumnType<object>;
  attempts: Generated<number>;
  created_at: ColumnType<Date, Date, never>;
  next_attempt_at: Date;
  /** Until then one worker has it. */
  claimed_until: Date | null;
  /** When it was given up. */
  died_at: Date | null;
  last_error: string | null;
}

export interface RegistrationsTable {
  id: string;
  site_id: string;
  email: string;
  email_key: string;
  username: string | null;
  name: string;
  expires_at: Date;
}

export interface InvitationsTable {
  id: string;
  site_id: string;
  email: string;
  email_key: string;
  roles: string[];
  invited_by: string | null;
  created_at: Date;
  expires_at: Date;
}

export interface UserDevicesTable {
  user_id: string;
  device: Buffer;
  first_seen_at: Date;
  last_seen_at: Date;
  /** Of its latest login that named one; null for devices that have named none. */
  language: Generated<string | null>;
}

/** Tables of the auth service's schema. */
export interface AuthTables extends AuditTables {
  users: UsersTable;
  sites: SitesTable;
  site_hosts: SiteHostsTable;
  memberships: MembershipsTable;
  signing_keys: SigningKeysTable;
  compromised_keys: CompromisedKeysTable;
  service_accounts: ServiceAccountsTable;
  client_secrets: ClientSecretsTable;
  roles: RolesTable;
  mail_outbox: OutboxTable;
  erasure_outbox: OutboxTable;
  registrations: RegistrationsTable;
  invitations: InvitationsTable;
  user_devices: UserDevicesTable;
}
