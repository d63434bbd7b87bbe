import type { Visibility } from '../database.ts';
import type { StoreKind } from '../storage/file-store.ts';

/** Where bytes are. */
export interface BytesLocation {
  readonly bytesKey: string;
  readonly store: StoreKind;
}

/** What is known of a file. */
export interface StoredFile extends BytesLocation {
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
