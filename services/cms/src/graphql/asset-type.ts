import { type AddressedFile, variantPath } from '@gaia/image-variants/address';
import { type Fit, type Format, fits, formats } from '@gaia/image-variants/ladder';
import { srcsetOf, srcsetText } from '@gaia/image-variants/srcset';
import {
  type FocalPoint,
  type Source,
  transformationFor,
  VariantNotAllowed,
  type VariantRequest,
} from '@gaia/image-variants/transformation';
import {
  GraphQLEnumType,
  type GraphQLFieldConfigArgumentMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import { problem } from '../errors.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { GraphqlContext } from './context.ts';

const enumOf = (name: string, values: readonly string[]) =>
  new GraphQLEnumType({ name, values: Object.fromEntries(values.map((value) => [value.toUpperCase(), { value }])) });

const formatType = enumOf('AssetFormat', formats);
const coordinates = { x: { type: new GraphQLNonNull(GraphQLFloat) }, y: { type: new GraphQLNonNull(GraphQLFloat) } };

const shapeArguments: GraphQLFieldConfigArgumentMap = {
  width: { type: GraphQLInt, description: 'In pixels: a step of the ladder; never enlarged' },
  height: { type: GraphQLInt, description: 'With a width and a fit: of the box, in pixels' },
  fit: { type: enumOf('AssetFit', fits) },
  quality: { type: GraphQLInt, description: '40, 55, 70, 80 or 90' },
  focal: {
    type: new GraphQLInputObjectType({ name: 'AssetFocalInput', fields: coordinates }),
    description: 'The point that a crop keeps in sight; in place of that of the file',
  },
};

interface ShapeArguments {
  readonly width?: number | null;
  readonly height?: number | null;
  readonly fit?: Fit | null;
  readonly quality?: number | null;
  readonly focal?: FocalPoint | null;
}

interface UrlArguments extends ShapeArguments {
  readonly format?: Format | null;
}

type AssetField = (
  name: string,
  type: typeof GraphQLString | typeof GraphQLFloat | typeof GraphQLInt,
) => {
  type: typeof type;
  resolve(asset: JsonObject, args: unknown, context: GraphqlContext): Promise<unknown>;
};

const assetField: AssetField = (name, type) => ({
  type,
  resolve: async ({ id }, _args, context) => (await context.asset(String(id)))?.[name] ?? null,
});

/** A file of a field. All but its id comes from the service assets, in the name of the caller. */
export function createAssetType(): GraphQLObjectType<JsonObject, GraphqlContext> {
  return new GraphQLObjectType<JsonObject, GraphqlContext>({
    name: 'Asset',
    description: 'A file. All but its id comes from the service assets, in the name of the caller',
    fields: {
      id: { type: new GraphQLNonNull(GraphQLID), resolve: ({ id }) => id },
      file_name: assetField('file_name', GraphQLString),
      media_type: assetField('media_type', GraphQLString),
      size: assetField('size', GraphQLFloat),
      sha256: assetField('sha256', GraphQLString),
      created_at: assetField('created_at', GraphQLString),
      width: assetField('width', GraphQLInt),
      height: assetField('height', GraphQLInt),
      placeholder: assetField('placeholder', GraphQLString),
      dominant_color: assetField('dominant_color', GraphQLString),
      focal: {
        type: new GraphQLObjectType({ name: 'AssetFocal', fields: coordinates }),
        resolve: async ({ id }, _args, context) => (await context.asset(String(id)))?.focal ?? null,
      },
      url: {
        type: new GraphQLNonNull(GraphQLString),
        description:
          'Path of the file below the address of the suite, or of an image in another size or format; without a format Accept ' +
          'decides on it. Access is decided when it is read',
        args: { ...shapeArguments, format: { type: formatType } },
        resolve: async ({ id }, args, context) => {
          const plain = `/assets/${String(id)}`;
          if (Object.keys(args).length === 0) return plain;
          const metadata = await context.asset(String(id));
          return metadata === undefined ? plain : urlOf(plain, metadata, args as UrlArguments);
        },
      },
      srcset: {
        type: GraphQLString,
        description:
          'Addresses of an image in the widths of the ladder up to the one asked for, as `<img srcset>` takes them. Of AVIF those ' +
          'that are made already; null where there are none, and for what is no image',
        args: { ...shapeArguments, format: { type: formatType, defaultValue: 'webp' } },
        resolve: async ({ id }, args, context) => {
          const metadata = await context.asset(String(id));
          return metadata === undefined ? null : srcsetFor(metadata, args as UrlArguments);
        },
      },
    },
  });
}

/** What assets has not looked at, or cannot convert, is delivered as it is. */
function imageOf(metadata: JsonObject): (AddressedFile & Source) | undefined {
  const { id, sha256, file_name: fileName, width, height, placeholder, focal } = metadata;
  if (typeof width !== 'number' || typeof height !== 'number' || typeof placeholder !== 'string') return undefined;
  return {
    id: String(id),
    sha256: String(sha256),
    fileName: String(fileName),
    width,
    height,
    focal: (focal ?? undefined) as FocalPoint | undefined,
  };
}

function requestOf({ width, height, fit, quality, focal }: ShapeArguments): VariantRequest {
  return {
    width: width ?? undefined,
    height: height ?? undefined,
    fit: fit ?? undefined,
    quality: quality ?? undefined,
    focal: focal ?? undefined,
  };
}

function urlOf(plain: string, metadata: JsonObject, args: UrlArguments): string {
  const image = imageOf(metadata);
  const { format, ...shape } = args;
  const asked = Object.entries(requestOf(shape)).filter(([, value]) => value !== undefined);
  if (image === undefined || (asked.length === 0 && (format ?? undefined) === undefined)) return plain;
  return allowed(() => {
    const transformation = transformationFor(requestOf(shape), image);
    if (format) return variantPath(image, transformation, format);
    const query = asked.map(([name, value]): [string, string] => [name, textOf(value)]);
    return `${plain}?${new URLSearchParams(query)}`;
  });
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { x, y } = value as FocalPoint;
  return [x, y].map((part) => String(Math.round(Math.min(Math.max(part, 0), 1) * 20) / 20)).join(',');
}

function srcsetFor(metadata: JsonObject, args: UrlArguments): string | null {
  const image = imageOf(metadata);
  if (image === undefined) return null;
  const format = args.format ?? 'webp';
  const made = new Set(Array.isArray(metadata.avif) ? metadata.avif : []);
  const entries = allowed(() =>
    srcsetOf(image, requestOf(args), format, format === 'avif' ? { isMade: (key) => made.has(key) } : {}),
  );
  return entries.length === 0 ? null : srcsetText(entries);
}

function allowed<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof VariantNotAllowed)) throw error;
    const { message, code, allowed: instead } = error;
    throw problem('validation_failed', {
      detail: message,
      extensions: { reason: code, ...(instead !== undefined && { allowed: instead }) },
    });
  }
}
