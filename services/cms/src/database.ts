import type { Kysely, Transaction } from 'kysely';

export interface ContentTypeTable {
  site: string;
  id: string;
  name: string;
  /** The name without case, `-` and `_`: two types must differ by more than those. */
  name_key: string;
  label: string | null;
  title_field: string | null;
  /** JSON: list of `Field`. */
  fields: unknown;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export interface EntryTable {
  site: string;
  id: string;
  type_id: string;
  author: string;
  visibility: string;
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
}

/** Values that must be unique among the entries of a type, of both copies, as SHA-256 of their JSON. */
export interface EntryUniqueTable {
  site: string;
  type_id: string;
  field_id: string;
  digest: Buffer;
  entry_id: string;
}

/** The outbox: which entry changed, in commit-safe order. What it became is read from the entry itself. */
export interface FeedEventTable {
  seq: string;
  n: number;
  site: string;
  entry_id: string;
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

export interface CmsTables {
  content_types: ContentTypeTable;
  entries: EntryTable;
  entry_uniques: EntryUniqueTable;
  feed_events: FeedEventTable;
  feed_state: FeedStateTable;
  feed_refreshes: FeedRefreshTable;
}

export type CmsDatabase = Kysely<CmsTables>;
export type CmsTransaction = Transaction<CmsTables>;
/** What a read needs: the database, or a transaction on it. */
export type CmsReader = Kysely<CmsTables>;
