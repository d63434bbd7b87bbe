import type { AuditTables } from '@gaia/audit-log/tables';
import type { ComparableField } from '@gaia/feed-follower/events';
import type { ColumnType } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Json<T> = ColumnType<T, string, string>;

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
  /** Beginning of the text. */
  text: string;
  /** Values by which one can filter and sort, by name. */
  fields: Json<Readonly<Record<string, unknown>>>;
  updated_at: Timestamp;
  published_at: Timestamp | null;
  /** Rebuild that wrote the document; older ones are removed when a rebuild is through. */
  generation: number;
  /** How its words were made. */
  shape: number;
  /** Whether there are passages: its phrases are not all in `search`. */
  long: boolean;
  /** Every word of title and text, with places as far as PostgreSQL keeps them. */
  search: string;
}

/** Parts of a text that is too long for the places of one document. They overlap by the longest phrase of a query. */
interface PassagesTable {
  site: string;
  entry: string;
  edition: Variant;
  n: number;
  text: string;
  search: string;
}

/** Words of a site's documents, by what is left of them without any one letter: see `spellingKeys`. */
interface WordsTable {
  site: string;
  word: string;
  keys: number[];
  generation: number;
}

interface LanguagesTable {
  site: string;
  language: string;
  generation: number;
}

/** What can be compared of the entries of a type. */
interface TypesTable {
  site: string;
  type: string;
  fields: Json<readonly ComparableField[]>;
  generation: number;
}

interface SynonymsTable {
  site: string;
  groups: Json<readonly (readonly string[])[]>;
  updated_at: Timestamp;
}

/** Beside the tables of @gaia/feed-follower. */
export interface SearchDatabase extends AuditTables {
  documents: DocumentsTable;
  passages: PassagesTable;
  words: WordsTable;
  languages: LanguagesTable;
  types: TypesTable;
  synonyms: SynonymsTable;
}
