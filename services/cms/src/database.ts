import type { AuditTables } from '@gaia/audit-log/tables';
import type { Generated, Kysely, Transaction } from 'kysely';

export interface ContentTypeTable {
  site: string;
  id: string;
  name: string;
  /** The name without case, `-` and `_`: two types must differ by more than those. */
  name_key: string;
  label: string | null;
  title_field: string | null;
  language: string | null;
  /** JSON: list of `Field`. */
  fields: unknown;
  version: number;
  created_at: Date;
  updated_at: Date;
  /** Number of the type: `2 * list` stands for the drafts of its entries in `entry_variants`, `2 * list + 1` for their published variants. */
  list: Generated<number>;
  /** JSON: `FieldSlots`. */
  slots: unknown;
}

export interface EntryTable {
  site: string;
  id: string;
  type_id: string;
  author: string;
  visibility: string;
  /** Number of its access rule, and what the rule names. */
  access_class: number;
  access_names: string[];
  /** Counts every change. `reader_version` and `reader_updated_at` stand at the last one that readers see. */
  version: number;
  reader_version: number | null;
  /** JSON by field id: the working copy, and the copy that readers see. */
  draft: unknown;
  published: unknown | null;
  /** Whether the two copies differ. */
  changed: boolean;
  /** JSON: the version in which each field of the working copy was last changed. */
  field_versions: unknown;
  /** Bytes of both copies. */
  bytes: number;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
  reader_updated_at: Date | null;
  /** User or service account of the last change, and the party that acted for it; null for entries from before. */
  updated_by: string | null;
  updated_via: string | null;
}

/** Values that must be unique among the entries of a type, of both copies, as SHA-256 of their JSON. */
export interface EntryUniqueTable {
  site: string;
  type_id: string;
  field_id: string;
  digest: Buffer;
  entry_id: string;
}

/** The outbox: what changed, in commit-safe order. What it became is read from the entry, class or entitlement itself. */
export interface FeedEventTable {
  seq: string;
  n: number;
  site: string;
  kind: 'entry' | 'class' | 'entitlement';
  /** Id of the entry, key of the class or entitlement. */
  subject_id: string;
  at: Date;
}

/** One row: what `seq` counts from, and up to where superseded events have been taken away. */
export interface FeedStateTable {
  is_only: boolean;
  epoch: string;
  base: string;
  compacted_to: string;
}

/** Types whose entries have still to be sent through the feed again, because the type changed. */
export interface FeedRefreshTable {
  site: string;
  type_id: string;
  after_id: string | null;
}

/** Access rules that name something, each under its number. A row never changes and never goes. */
export interface AccessClassTable {
  site: string;
  id: number;
  key: string;
  kind: 'roles' | 'products';
  names: string[];
}

export interface ProductTable {
  site: string;
  id: string;
  name: string;
  created_at: Date;
  updated_at: Date;
}

/** Who holds which product: `held` while one of its sources grants it. A row stays when it is withdrawn. */
export interface EntitlementTable {
  site: string;
  subject: string;
  product: string;
  key: string;
  held: boolean;
  changed_at: Date;
}

/** What a grant comes from: `manual`, or a payment. `at`: seconds, time of the message that set the row last. */
export interface EntitlementSourceTable {
  site: string;
  subject: string;
  product: string;
  source: string;
  granted: boolean;
  at: number;
}

/** Which entries a copy of an entry mentions. Rows of what has been deleted stay: the mention does too. */
export interface EntryRefTable {
  site: string;
  entry_id: string;
  published: boolean;
  field_id: string;
  target_id: string;
}

export interface WebhookEndpointTable {
  id: string;
  site: string;
  name: string;
  token_in: 'authorization' | 'header' | 'body';
  token_name: string | null;
  message: 'body' | 'token';
  enabled: boolean;
  created_at: Date;
  updated_at: Date;
}

/** Shared secrets, sealed. One without end is the current one. */
export interface WebhookSecretTable {
  id: string;
  endpoint_id: string;
  sealed: Buffer;
  kek_version: string;
  created_at: Date;
  expires_at: Date | null;
}

/** Messages that have been applied; written in the transaction of their effect. */
export interface WebhookConsumedTable {
  endpoint_id: string;
  jti: string;
  message_digest: Buffer;
  expires_at: Date;
}

export interface WebhookDeliveryTable {
  endpoint_id: string;
  id: string;
  at: Date;
  outcome: 'applied' | 'duplicate' | 'ignored' | 'refused';
  reason: string | null;
  event: string | null;
  jti: string | null;
  bytes: number;
}

/** Types of whose entries variants have still to be written: all, or those of some fields. */
export interface VariantFillTable {
  site: string;
  type_id: string;
  /** Ids of the fields that cannot be asked by their slots yet; null: none can. */
  fields: string[] | null;
  after_id: string | null;
  /** Entries that have been written. */
  filled: Generated<number>;
}

export interface CmsTables extends AuditTables {
  access_classes: AccessClassTable;
  products: ProductTable;
  entitlements: EntitlementTable;
  entitlement_sources: EntitlementSourceTable;
  entry_refs: EntryRefTable;
  webhook_endpoints: WebhookEndpointTable;
  webhook_secrets: WebhookSecretTable;
  webhook_consumed: WebhookConsumedTable;
  webhook_deliveries: WebhookDeliveryTable;
  content_types: ContentTypeTable;
  entries: EntryTable;
  entry_uniques: EntryUniqueTable;
  feed_events: FeedEventTable;
  feed_state: FeedStateTable;
  feed_refreshes: FeedRefreshTable;
  variant_fills: VariantFillTable;
}

export type CmsDatabase = Kysely<CmsTables>;
export type CmsTransaction = Transaction<CmsTables>;
/** What a read needs: the database, or a transaction on it. */
export type CmsReader = Kysely<CmsTables>;
