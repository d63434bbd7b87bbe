import type { Format, Quality } from '@gaia/image-variants/ladder';
import type { Crop } from '@gaia/image-variants/transformation';

/** What a worker process is asked to do with the bytes of one image. */
export type CodecJob =
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'render';
      readonly width: number;
      readonly height: number;
      /** With a box that is filled. */
      readonly crop: Crop | undefined;
      readonly format: Format;
      readonly quality: Quality;
      /** Whether all frames are kept, or the first alone. */
      readonly isAnimated: boolean;
    };

/** Over stdin come the bytes that a message announces; nothing else is ever said to a worker. */
export interface CodecRequest {
  readonly job: CodecJob;
  readonly inputBytes: number;
  readonly limits: CodecLimits;
}

export interface CodecLimits {
  /** Of all frames together. */
  readonly maxPixels: number;
  readonly maxFrames: number;
  readonly maxMemoryBytes: number;
}

export interface Description {
  /** Upright, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** A tiny image, as a `data:` URL; absent where no variant can be made. */
  readonly placeholder: string | null;
  /** `#rrggbb` */
  readonly dominantColor: string | null;
  /** Why no variant can be made. */
  readonly error: CodecFailure | null;
}

export type CodecFailure = 'unreadable' | 'too_large' | 'not_convertible';

export type CodecResponse =
  | { readonly kind: 'described'; readonly description: Description }
  /** The bytes follow over stdout. */
  | { readonly kind: 'rendered'; readonly outputBytes: number; readonly width: number; readonly height: number }
  | { readonly kind: 'failed'; readonly reason: CodecFailure };
