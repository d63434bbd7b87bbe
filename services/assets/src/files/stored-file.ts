import type { FocalPoint } from '@gaia/image-variants/transformation';
import type { Visibility } from '../database.ts';
import type { StoreKind } from '../storage/file-store.ts';
import type { FileDescription } from './description.ts';

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
  /** Counts changes of what is said of the file, and of its bytes. */
  readonly version: number;
  readonly uploadedBy: string;
  readonly createdAt: Date;
  /** When the bytes became what they are. */
  readonly bytesChangedAt: Date;
  /** Of an image that has been looked at. */
  readonly image: ImageFacts | undefined;
  /** Whether the bytes have been looked at for that. */
  readonly imageDescribed: boolean;
  /** Why no variant can be made of the bytes. */
  readonly imageError: ImageError | undefined;
  /** The point of an image that crops keep in sight. */
  readonly focal: FocalPoint | undefined;
  readonly description: FileDescription;
  /** Of a recording. */
  readonly durationMs: number | undefined;
  /** Of a text, where it is known. */
  readonly charset: string | undefined;
}

export interface ImageFacts {
  /** Upright, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** A tiny image, as a `data:` URL. */
  readonly placeholder: string | null;
  /** `#rrggbb`. */
  readonly dominantColor: string | null;
}

export const imageErrors = ['unreadable', 'too_large', 'not_convertible'] as const;
export type ImageError = (typeof imageErrors)[number];

/** Of bytes that nothing has looked at yet. */
export const undescribed = Object.freeze({ image: undefined, imageDescribed: false, imageError: undefined });
