import { type Fit, type Format, fits, formats } from '@gaia/image-variants/ladder';
import {
  type Transformation,
  transformationFor,
  VariantNotAllowed,
  type VariantRequest,
} from '@gaia/image-variants/transformation';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { StoredFile } from '../files/stored-file.ts';
import type { ImageSettings } from './image-settings.ts';
import type { Images } from './images.ts';
import { type ConvertibleFile, refusalOf } from './variants.ts';

export const PRESET_NAME = '^[a-z0-9][a-z0-9_-]{0,39}$';
const MAX_EDGE = 30_000;

/** Parameters of an address that asks for an image in another size or format. */
export const variantParameters = {
  width: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_EDGE, description: 'In pixels: a step of the ladder; never enlarged' }),
  ),
  height: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_EDGE, description: 'With `width` and `fit`: of the box, in pixels' }),
  ),
  fit: Type.Optional(
    Type.String({
      enum: [...fits],
      description: '`cover` fills the box and crops around the focal point, `inside` shows the whole image within it',
    }),
  ),
  format: Type.Optional(
    Type.String({ enum: [...formats], description: 'Without it the smallest that `Accept` names, and is made' }),
  ),
  quality: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: '40, 55, 70, 80 or 90' })),
  focal: Type.Optional(
    Type.String({
      pattern: '^(?:0(?:\\.\\d{1,6})?|1(?:\\.0{1,6})?),(?:0(?:\\.\\d{1,6})?|1(?:\\.0{1,6})?)$',
      description: 'The point that a crop keeps in sight, `x,y` from 0 to 1; in place of that of the file',
    }),
  ),
  preset: Type.Optional(
    Type.String({ pattern: PRESET_NAME, description: 'A box that the site has given a name, in place of the others' }),
  ),
};

export interface VariantParameters {
  readonly width?: number;
  readonly height?: number;
  readonly fit?: string;
  readonly format?: string;
  readonly quality?: number;
  readonly focal?: string;
  readonly preset?: string;
}

/** Whether the image itself is asked for, or the bytes as they were uploaded. */
export function asksForVariant(parameters: VariantParameters): boolean {
  return Object.keys(variantParameters).some((name) => parameters[name as keyof VariantParameters] !== undefined);
}

export interface AskedVariant {
  readonly transformation: Transformation;
  /** The one that is asked for by name. */
  readonly format: Format | undefined;
}

/** Throws preset_not_found, validation_failed, and the problems of what is not allowed. */
export function askedVariant(
  parameters: VariantParameters,
  file: ConvertibleFile,
  settings: ImageSettings,
): AskedVariant {
  const { preset: name, format, focal } = parameters;
  const request = name === undefined ? requestOf(parameters) : presetRequest(name, parameters, settings);
  const transformation = allowedTransformation({ ...request, focal: focalOf(focal) }, file, settings);
  return { transformation, format: formats.find((one) => one === format) };
}

/** Throws the problems of what is not allowed, with what is. */
export function allowedTransformation(
  request: VariantRequest,
  file: ConvertibleFile,
  { presets }: ImageSettings,
): Transformation {
  try {
    return transformationFor(request, { ...file.image, focal: file.focal }, Object.values(presets));
  } catch (error) {
    if (!(error instanceof VariantNotAllowed)) throw error;
    const { allowed, code, message } = error;
    throw problem(code, { detail: message, ...(allowed !== undefined && { extensions: { allowed } }) });
  }
}

function requestOf({ width, height, fit, quality }: VariantParameters): VariantRequest {
  return { width, height, fit: fits.find((one): one is Fit => one === fit), quality };
}

function presetRequest(name: string, parameters: VariantParameters, { presets }: ImageSettings): VariantRequest {
  const other = (['width', 'height', 'fit', 'quality'] as const).find((member) => parameters[member] !== undefined);
  if (other !== undefined) {
    const message = 'stands for itself beside preset';
    throw problem('validation_failed', {
      detail: `/query/${other} ${message}.`,
      errors: [{ path: `/query/${other}`, message }],
    });
  }
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) throw problem('preset_not_found', { extensions: { allowed: Object.keys(presets) } });
  return preset;
}

function focalOf(text: string | undefined): { x: number; y: number } | undefined {
  if (text === undefined) return undefined;
  const [x = 0, y = 0] = text.split(',').map(Number);
  return { x, y };
}

/** The file as one of which variants can be made. Throws the problems of `refusalOf`, conversion_queue_full. */
export async function convertibleFile(file: StoredFile, images: Pick<Images, 'describe'>): Promise<ConvertibleFile> {
  const described = await images.describe(file, 'foreground');
  const refusal = refusalOf(described.imageError);
  if (refusal !== undefined) throw refusal;
  const { image } = described;
  if (image !== undefined) return { ...described, image };
  if (!file.mediaType.startsWith('image/')) throw problem('format_not_convertible');
  throw problem('conversion_queue_full', { headers: { 'retry-after': '2' } });
}
