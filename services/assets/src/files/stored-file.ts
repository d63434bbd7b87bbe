import type { Visibility } from '../database.ts';

/** What is known of a file; its bytes are in the store under the same id. */
export interface StoredFile {
  readonly id: string;
  readonly site: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly visibility: Visibility;
  /** With the visibility `products`: one of them is needed. Sorted. */
  readonly products: readonly string[];
  /** Counts changes of what is said of the file; its bytes never change. */
  readonly version: number;
  readonly uploadedBy: string;
  readonly createdAt: Date;
}
