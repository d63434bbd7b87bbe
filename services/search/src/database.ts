import type { ColumnType, Generated } from 'kysely';

/** Read as a number where that is exact, else as a bigint. */
type Int8 = ColumnType<number | bigint, string, string>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;

/**
 * Which copy of an entry a document is: `published` as readers see it, `working` as those see it who may edit it,
 * `whole` where both are the same, so that nothing is stored twice.
 */
export type Edition = 'whole' | 'published' | 'working';

interface DocumentsTable {
  site: string;
  entry: string;
  edition: Edition;
  type: string;
  author: string;
  visibility: string;
  status: string;
  title: string;
  text: string;
  updated_at: Timestamp;
  published_at: Timestamp | null;
  /** Rebuild that wrote the document; older ones are removed when a rebuild is through. */
  generation: number;
  search: string;
}

/** One row: how far the feed has been applied. Changed in the same transaction as the documents. */
interface ProgressTable {
  id: Generated<number>;
  feed_cursor: string;
  /** Every change up to this one is in the documents. */
  applied_seq: Int8;
  head_seq: Int8;
  generation: number;
  rebuilding: boolean;
  /** When the end of the feed was last reached; null before the first time. */
  caught_up_at: Timestamp | null;
}

export interface SearchDatabase {
  documents: DocumentsTable;
  progress: ProgressTable;
}
