import type { Format } from '@gaia/image-variants/ladder';
import type { ImageFacts } from '../files/stored-file.ts';

const mediaTypes: Readonly<Record<Format, string>> = {
  avif: 'image/avif',
  webp: 'image/webp',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
};

export function mediaTypeOf(format: Format): string {
  return mediaTypes[format];
}

/** What every client shows: as the image moves, or is transparent, or is neither. */
export function plainFormat({ frames, hasAlpha }: Pick<ImageFacts, 'frames' | 'hasAlpha'>): Format {
  if (frames > 1) return 'gif';
  return hasAlpha ? 'png' : 'jpeg';
}

/**
 * The formats of an image that an `Accept` header (RFC 9110 §12.5.1) takes, the smallest first. A wildcard is no sign that
 * a client shows what is newer than the wildcard, so only what is named counts; the last is what every client shows.
 */
export function acceptableFormats(accept: string | undefined, image: ImageFacts): readonly Format[] {
  const named = acceptedTypes(accept);
  const smaller: readonly Format[] = image.frames > 1 ? ['webp'] : ['avif', 'webp'];
  return [...smaller.filter((format) => named.has(mediaTypes[format])), plainFormat(image)];
}

function acceptedTypes(accept: string | undefined): ReadonlySet<string> {
  const ranges = (accept ?? '').toLowerCase().split(',', 50);
  const named = ranges.flatMap((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const isRefused = parameters.some((parameter) => /^q\s*=\s*0(?:\.0{0,3})?$/.test(parameter));
    return isRefused ? [] : [type];
  });
  return new Set(named);
}
