import { type AddressedFile, variantPath } from './address.ts';
import { type Format, heightsFor, widths } from './ladder.ts';
import {
  keyOf,
  type Preset,
  type Source,
  sizeOf,
  type Transformation,
  transformationFor,
  type VariantRequest,
} from './transformation.ts';

export interface SrcsetEntry {
  readonly transformation: Transformation;
  readonly url: string;
  /** In pixels, as `srcset` says it. */
  readonly width: number;
}

/** Widths under this are for icons and placeholders; a page that wants one asks for it. */
const NARROWEST = 320;

/**
 * The addresses of an image in the widths of the ladder that it has, in one format, up to the width asked for. A height
 * shrinks with the width; steps where that gives none of the heights allowed are left out. `isMade` leaves out what is not
 * made yet. Throws VariantNotAllowed.
 */
export function srcsetOf(
  file: AddressedFile & Source,
  request: VariantRequest,
  format: Format,
  options: { readonly presets?: readonly Preset[] | undefined; readonly isMade?: (key: string) => boolean } = {},
): readonly SrcsetEntry[] {
  const { presets, isMade } = options;
  const largest = transformationFor(request, file, presets);
  const steps = widths.filter((step) => step >= NARROWEST && step < largest.width);
  const smaller = steps.flatMap((width) => {
    const { height } = request;
    if (height === undefined) return [transformationFor({ ...request, width }, file)];
    const fitting = Math.round((height * width) / largest.width);
    return heightsFor(width).includes(fitting) ? [transformationFor({ ...request, width, height: fitting }, file)] : [];
  });
  const entries = new Map<number, SrcsetEntry>();
  for (const transformation of [...smaller, largest]) {
    const { width } = sizeOf(transformation, file);
    if (entries.has(width) || isMade?.(keyOf(transformation)) === false) continue;
    entries.set(width, { transformation, url: variantPath(file, transformation, format), width });
  }
  return [...entries.values()];
}

export function srcsetText(entries: readonly SrcsetEntry[]): string {
  return entries.map(({ url, width }) => `${url} ${width}w`).join(', ');
}
