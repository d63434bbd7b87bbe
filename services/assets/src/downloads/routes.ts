import { MinSeq } from '@gaia/feed-follower/min-seq';
import { bearerOrNone, byteStream, noBody, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { readVariantPath, variantDigest, variantFileName } from '@gaia/image-variants/address';
import type { Format } from '@gaia/image-variants/ladder';
import type { Transformation } from '@gaia/image-variants/transformation';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import { FileParams, UUID } from '../files/schemas.ts';
import { acceptableFormats, mediaTypeOf } from '../images/format-negotiation.ts';
import type { ImageSettingsStore } from '../images/image-settings.ts';
import type { Images } from '../images/images.ts';
import type { StoredVariant } from '../images/variant-records.ts';
import {
  allowedTransformation,
  askedVariant,
  asksForVariant,
  convertibleFile,
  type VariantParameters,
  variantParameters,
} from '../images/variant-request.ts';
import type { ConvertibleFile, Variants } from '../images/variants.ts';
import { type DeliveryDependencies, deliver } from './deliver.ts';
import type { Representation } from './delivery.ts';
import { type RequestedFile, type RequestedFileDependencies, requestedFile } from './requested-file.ts';

export interface DownloadsDependencies extends DeliveryDependencies, RequestedFileDependencies {
  readonly images: Pick<Images, 'describe'>;
  readonly variants: Variants;
  readonly settings: Pick<ImageSettingsStore, 'of'>;
  /** Waits for a change of the caller's own. Throws index_behind. */
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

const access = {
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 8_192, description: 'Token of a download link' })),
  min_seq: MinSeq,
};

const DownloadQuery = Type.Object({ ...access, ...variantParameters }, { additionalProperties: false });

const VariantQuery = Type.Object(access, { additionalProperties: false });

const VariantParams = Type.Object(
  {
    id: Type.String({ pattern: `^${UUID}$` }),
    hash: Type.String({ maxLength: 100, description: 'Of the bytes of the original and of how the variant is made' }),
    name: Type.String({ maxLength: 110, description: 'For people; its extension names the format' }),
  },
  { additionalProperties: false },
);

const refusals = {
  400: ['validation_failed'],
  401: tokenRefusals,
  403: ['insufficient_scope', 'forbidden'],
  404: ['file_not_found'],
  412: ['precondition_failed'],
  415: ['format_not_convertible'],
  416: ['range_not_satisfiable'],
  422: ['image_unreadable', 'image_too_large'],
  503: ['storage_unavailable', 'index_behind', 'conversion_queue_full', 'variant_pending'],
  507: ['storage_full'],
} as const;

const answers = {
  200: byteStream('The file'),
  206: byteStream('The part that `Range` asks for'),
  302: noBody('To an address of the store itself, where that is configured'),
  304: noBody('Still the bytes of the ETag in If-None-Match'),
} as const;

/** How long until an AVIF that was asked for by name is likely there. */
const PENDING_SECONDS = 5;

/** `GET` and `HEAD /assets/:id`, and of its variants. To be registered under a guard that lets anonymous callers in. */
export function registerDownloads(app: Service, deps: DownloadsDependencies): void {
  const { images, variants, settings, arrived } = deps;

  async function negotiated(
    requested: RequestedFile,
    parameters: VariantParameters,
    accept: string | undefined,
  ): Promise<Representation> {
    const file = await convertibleFile(requested.file, images);
    const { transformation, format } = askedVariant(parameters, file, await settings.of(file.site));
    if (format !== undefined) return variantOf(requested, () => named(file, transformation, format));
    const acceptable = acceptableFormats(accept, file.image);
    return variantOf(requested, () => smallest(file, transformation, acceptable), { isNegotiated: true });
  }

  async function variantOf(
    requested: RequestedFile,
    choose: () => Promise<StoredVariant>,
    more: Pick<Partial<Representation>, 'caching' | 'isNegotiated'> = {},
  ): Promise<Representation> {
    const variant = await choose();
    return {
      bytesKey: variant.bytesKey,
      store: variant.store,
      fileName: variantFileName(requested.file.fileName, variant.format),
      mediaType: mediaTypeOf(variant.format),
      size: variant.size,
      sha256: variant.sha256,
      lastModified: variant.createdAt,
      caching: requested.caching,
      ...more,
      restore: async () => {
        await variants.forget(variant);
        return variantOf(requested, choose, more);
      },
    };
  }

  /** AVIF takes seconds to make: it is given where it is there, and made for the next who ask. */
  async function smallest(file: ConvertibleFile, transformation: Transformation, acceptable: readonly Format[]) {
    const [first, second = 'jpeg'] = acceptable;
    if (first !== 'avif') return variants.obtain(file, transformation, first ?? second);
    const avif = await variants.find(file, transformation, 'avif');
    if (avif !== undefined) return avif;
    const variant = await variants.obtain(file, transformation, second);
    variants.prepare(file, transformation, 'avif');
    return variant;
  }

  async function named(file: ConvertibleFile, transformation: Transformation, format: Format): Promise<StoredVariant> {
    if (format !== 'avif') return variants.obtain(file, transformation, format);
    const avif = await variants.find(file, transformation, format);
    if (avif !== undefined) return avif;
    variants.prepare(file, transformation, format);
    throw problem('variant_pending', { headers: { 'retry-after': String(PENDING_SECONDS) } });
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/assets/:id',
    exposeHeadRoute: false,
    schema: {
      operationId: 'downloadFile',
      summary: 'Download a file, or an image in another size or format',
      description:
        'The bytes, or a part of them (`Range`, RFC 9110 §14.2). Public files need no token. With `width`, `height`, `fit`, ' +
        '`format`, `quality`, `focal` or `preset` an image is given upright, in sRGB and without metadata; without `format` ' +
        'in the smallest format that `Accept` names.',
      tags: ['files'],
      ...bearerOrNone,
      params: FileParams,
      querystring: DownloadQuery,
      response: {
        ...answers,
        ...problems({
          ...refusals,
          400: [
            'validation_failed',
            'width_not_allowed',
            'height_not_allowed',
            'quality_not_allowed',
            'fit_required',
            'fit_not_allowed',
            'preset_not_found',
          ],
        }),
      },
    },
    handler: async (request, reply) => {
      const { token, min_seq: minSeq, ...parameters } = request.query;
      await arrived(minSeq);
      const requested = await requestedFile(deps, request, request.params.id, token);
      const isVariant = asksForVariant(parameters as VariantParameters);
      const { accept } = request.headers;
      const representation = isVariant
        ? await negotiated(requested, parameters as VariantParameters, accept)
        : originalOf(requested);
      return deliver(representation, deps, request, reply);
    },
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/assets/:id/:hash/:name',
    exposeHeadRoute: false,
    schema: {
      operationId: 'downloadVariant',
      summary: 'Download an image in one size and format, as srcset names it',
      description:
        'The address stands for one series of bytes: when the file is replaced it has other addresses. It is no secret and ' +
        'opens nothing: access is checked as for the file.',
      tags: ['files'],
      ...bearerOrNone,
      params: VariantParams,
      querystring: VariantQuery,
      response: { ...answers, ...problems({ ...refusals, 404: ['file_not_found', 'variant_not_found'] }) },
    },
    handler: async (request, reply) => {
      const { id, hash, name } = request.params;
      await arrived(request.query.min_seq);
      const requested = await requestedFile(deps, request, id, request.query.token);
      const address = readVariantPath(hash, name);
      if (address === undefined || address.digest !== variantDigest(requested.file.sha256, address.key)) {
        throw problem('variant_not_found');
      }
      const file = await convertibleFile(requested.file, images);
      const ofSite = await settings.of(file.site);
      const transformation = allowedTransformation(address.request, file, ofSite);
      const { caching } = requested;
      const isImmutable = caching.kind === 'public' && ofSite.immutable;
      const variant = await variantOf(
        requested,
        () => named(file, transformation, address.format),
        isImmutable ? { caching: { ...caching, immutable: true } } : {},
      );
      return deliver(variant, deps, request, reply);
    },
  });
}

function originalOf({ file, caching }: RequestedFile): Representation {
  return { ...file, lastModified: file.bytesChangedAt, caching };
}
