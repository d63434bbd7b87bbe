import type { ColumnType } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;

/**
 * Which copy of an entry a document is: `published` as readers see it, `working` as those see it who may edit it,
 * `whole` where both are the same, so that nothing is stored twice.
 */
export type Variant = 'whole' | 'published' | 'working';

interface DocumentsTable {
  site: string;
  entry: string;
  edition: Variant;
  type: string;
  author: string;
  /** To be shown and no more: access goes by the class. */
  visibility: string;
  access_class: number;
  status: string;
  title: string;
  text: string;
  updated_at: Timestamp;
  published_at: Timestamp | null;
  /** Rebuild that wrote the document; older ones are removed when a rebuild is through. */
  generation: number;
  search: string;
}

/** Beside the tables of @gaia/feed-follower. */
export interface SearchDatabase {
  documents: DocumentsTable;
}
