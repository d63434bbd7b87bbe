import {
  DEFAULT_QUALITY,
  type Fit,
  heightsFor,
  LARGEST_WIDTH,
  type Quality,
  qualities,
  stepFor,
  widths,
} from './ladder.ts';

/** A point of an image that must stay in sight; 0 to 1 from the left and from the top. */
export interface FocalPoint {
  readonly x: number;
  readonly y: number;
}

/** What a caller asks for; what is absent is not asked for. */
export interface VariantRequest {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fit?: Fit | undefined;
  readonly quality?: number | undefined;
  readonly focal?: FocalPoint | undefined;
}

/** An image as it stands upright. */
export interface Source {
  readonly width: number;
  readonly height: number;
  readonly focal?: FocalPoint | undefined;
}

/** How a variant is made of an image; equal ones have equal keys. */
export interface Transformation {
  readonly width: number;
  /** With it the box that `fit` is about. */
  readonly height: number | undefined;
  readonly fit: Fit | undefined;
  readonly quality: Quality;
  /** With `cover`: in twentieths. */
  readonly focal: FocalPoint | undefined;
}

/** A box that a site allows beside the ladder. */
export interface Preset {
  readonly width: number;
  readonly height?: number | undefined;
  readonly fit?: Fit | undefined;
  readonly quality?: number | undefined;
}

export class VariantNotAllowed extends Error {
  readonly code:
    | 'width_not_allowed'
    | 'height_not_allowed'
    | 'quality_not_allowed'
    | 'fit_required'
    | 'fit_not_allowed';
  /** What is allowed instead, where that is a list. */
  readonly allowed: readonly number[] | undefined;
  constructor(code: VariantNotAllowed['code'], message: string, allowed?: readonly number[]) {
    super(message);
    this.name = 'VariantNotAllowed';
    this.code = code;
    this.allowed = allowed;
  }
}

const FOCAL_STEPS = 20;
const CENTRE: FocalPoint = { x: FOCAL_STEPS / 2, y: FOCAL_STEPS / 2 };

/**
 * The transformation that a request means for an image. Steps of the ladder over the image's own width are one and the
 * same: nothing is enlarged. Throws VariantNotAllowed.
 */
export function transformationFor(
  request: VariantRequest,
  source: Source,
  presets: readonly Preset[] = [],
): Transformation {
  const { width, height, fit } = request;
  const quality = qualities.find((one) => one === (request.quality ?? DEFAULT_QUALITY));
  if (quality === undefined) {
    throw new VariantNotAllowed(
      'quality_not_allowed',
      `The quality must be one of ${qualities.join(', ')}.`,
      qualities,
    );
  }
  if (!isOfPreset(request, presets)) refuseOffLadder(request);
  const enough = stepFor(source.width);
  if (height === undefined || fit === undefined) {
    const wanted = width ?? LARGEST_WIDTH;
    return { width: Math.min(wanted, enough), height: undefined, fit: undefined, quality, focal: undefined };
  }
  const box = width ?? LARGEST_WIDTH;
  const focal = fit === 'cover' ? inSteps(request.focal ?? source.focal) : undefined;
  return { width: box, height, fit, quality, focal };
}

function isOfPreset({ width, height, fit }: VariantRequest, presets: readonly Preset[]): boolean {
  return presets.some((preset) => preset.width === width && preset.height === height && preset.fit === fit);
}

function refuseOffLadder({ width, height, fit }: VariantRequest): void {
  if (width !== undefined && !widths.includes(width)) {
    throw new VariantNotAllowed('width_not_allowed', `The width must be one of ${widths.join(', ')}.`, widths);
  }
  if (height === undefined) {
    if (fit !== undefined) throw new VariantNotAllowed('fit_not_allowed', 'A fit needs a height.');
    return;
  }
  if (fit === undefined) throw new VariantNotAllowed('fit_required', 'A height needs a fit: cover or inside.');
  if (width === undefined) throw new VariantNotAllowed('width_not_allowed', 'A height needs a width.', widths);
  const heights = heightsFor(width);
  if (!heights.includes(height)) {
    throw new VariantNotAllowed('height_not_allowed', `The height must be one of ${heights.join(', ')}.`, heights);
  }
}

function inSteps(focal: FocalPoint | undefined): FocalPoint {
  if (focal === undefined) return CENTRE;
  const step = (part: number) => Math.round(Math.min(Math.max(part, 0), 1) * FOCAL_STEPS);
  return { x: step(focal.x), y: step(focal.y) };
}

/** Of what stands in an address: `w800-q80`, `w800-h450-cover-10-7-q80`. */
export function keyOf({ width, height, fit, quality, focal }: Transformation): string {
  const box = height === undefined ? '' : `-h${height}-${fit}`;
  const around = focal === undefined ? '' : `-${focal.x}-${focal.y}`;
  return `w${width}${box}${around}-q${quality}`;
}

const KEY = /^w(\d{1,5})(?:-h(\d{1,5})-(?:(cover)-(\d{1,2})-(\d{1,2})|(inside)))?-q(\d{2})$/;

/** The request that a key stands for; undefined for what is no key. */
export function requestOf(key: string): VariantRequest | undefined {
  const found = KEY.exec(key);
  if (found === null) return undefined;
  const [, width, height, cover, x, y, , quality] = found;
  const common = { width: Number(width), quality: Number(quality) };
  if (height === undefined) return common;
  if (cover === undefined) return { ...common, height: Number(height), fit: 'inside' };
  const focal = { x: Number(x) / FOCAL_STEPS, y: Number(y) / FOCAL_STEPS };
  return { ...common, height: Number(height), fit: 'cover', focal };
}

/** The size in pixels that a transformation gives; nothing is enlarged, and nothing is thinner than a pixel. */
export function sizeOf({ width, height, fit }: Transformation, source: Source): { width: number; height: number } {
  const pixels = (length: number) => Math.max(1, Math.round(length));
  if (height === undefined) {
    const scale = Math.min(1, width / source.width);
    return { width: pixels(source.width * scale), height: pixels(source.height * scale) };
  }
  if (fit === 'inside') {
    const scale = Math.min(1, width / source.width, height / source.height);
    return { width: pixels(source.width * scale), height: pixels(source.height * scale) };
  }
  const scale = Math.min(1, source.width / width, source.height / height);
  return { width: pixels(width * scale), height: pixels(height * scale) };
}

export interface Crop {
  readonly left: number;
  readonly top: number;
  /** Of the whole image, before it is cropped. */
  readonly fullWidth: number;
  readonly fullHeight: number;
}

/** For `cover`: where the box lies on the image once that is as small as it can be to fill it. */
export function cropOf({ focal }: Transformation, source: Source, box: { width: number; height: number }): Crop {
  const scale = Math.max(box.width / source.width, box.height / source.height);
  const fullWidth = Math.max(box.width, Math.round(source.width * scale));
  const fullHeight = Math.max(box.height, Math.round(source.height * scale));
  const offset = (full: number, part: number, at: number) =>
    Math.round(Math.min(Math.max((full * at) / FOCAL_STEPS - part / 2, 0), full - part));
  return {
    left: offset(fullWidth, box.width, (focal ?? CENTRE).x),
    top: offset(fullHeight, box.height, (focal ?? CENTRE).y),
    fullWidth,
    fullHeight,
  };
}
