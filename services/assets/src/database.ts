import type { ColumnType } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;

/** Least of what makes a file readable: everybody, or the members of its site. */
export const visibilities = ['public', 'members'] as const;
export type Visibility = (typeof visibilities)[number];

interface FilesTable {
  id: string;
  site: string;
  file_name: string;
  media_type: string;
  size: ColumnType<number | bigint, number, number>;
  /** Hexadecimal. */
  sha256: string;
  visibility: Visibility;
  /** `sub` of the one who uploaded it. */
  uploaded_by: string;
  created_at: Timestamp;
}

/**
 * Stored bytes that no file stands for (yet, or any more): written before the bytes come or the file goes, so that whatever a
 * crash leaves behind is known and can be removed.
 */
interface UnclaimedBytesTable {
  key: string;
  since: Timestamp;
}

export interface AssetsDatabase {
  files: FilesTable;
  unclaimed_bytes: UnclaimedBytesTable;
}
