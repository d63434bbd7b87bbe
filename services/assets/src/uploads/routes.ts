import { bearer, problems, SiteParams, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { visibilities } from '../database.ts';
import { problem } from '../errors.ts';
import type { Quotas } from '../files/quotas.ts';
import { FileResponse, fileResponse } from '../files/schemas.ts';
import { FORM_OVERHEAD_BYTES, receiveForm } from './form.ts';
import { addUpload, type UploadDependencies } from './upload.ts';

/** The body is not wanted, so the connection ends with the answer. */
const closing = { headers: { connection: 'close' } };

const UploadQuery = Type.Object(
  {
    duplicates: Type.Unsafe<'keep' | 'reuse'>({
      type: 'string',
      enum: ['keep', 'reuse'],
      default: 'keep',
      description:
        '`reuse`: 200 with the file of the same bytes that the caller may read already, as it is, if there is one',
    }),
  },
  { additionalProperties: false },
);

export interface UploadRoutes extends UploadDependencies {
  readonly quotas: Pick<Quotas, 'refuseOver'>;
  readonly maxBytes: number;
}

/** `POST /assets/sites/:site/files`. To be registered under a guard, where @fastify/multipart is. */
export function registerUploads(app: Service, deps: UploadRoutes): void {
  const { maxBytes, stores, scanner, quotas, randomId } = deps;

  /** Before a byte of it is read. */
  async function refuseUnsuitable({ headers }: FastifyRequest): Promise<void> {
    if (!/^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '')) {
      throw problem('unsupported_media_type', { ...closing, detail: 'A multipart/form-data body is needed.' });
    }
    if (Number(headers['content-length'] ?? 0) > maxBytes + FORM_OVERHEAD_BYTES) {
      throw problem('file_too_large', { ...closing, detail: `At most ${maxBytes} bytes are taken.` });
    }
  }

  app.post(
    '/assets/sites/:site/files',
    {
      onRequest: [requireSite(), requireScope('assets:write'), refuseUnsuitable],
      schema: {
        operationId: 'uploadFile',
        summary: 'Upload a file',
        description:
          'A form with one file, and `visibility` (`members`, `public`, or `products` with a comma-separated list `products`) if ' +
          'it is to be read without an entry that mentions it.',
        tags: ['files'],
        consumes: ['multipart/form-data'],
        ...bearer,
        params: SiteParams,
        querystring: UploadQuery,
        // Null, because the form is read by the handler, as it comes.
        body: Type.Union([
          Type.Null(),
          Type.Object(
            {
              file: Type.String({ format: 'binary' }),
              visibility: Type.Optional(Type.String({ enum: [...visibilities] })),
              products: Type.Optional(Type.String({ description: 'Ids, comma-separated' })),
            },
            { additionalProperties: false },
          ),
        ]),
        response: {
          200: FileResponse,
          201: FileResponse,
          ...problems({
            400: ['validation_failed', 'malformed_multipart', 'file_required', 'one_file_only'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            413: ['file_too_large', 'file_too_large_to_scan'],
            415: ['unsupported_media_type'],
            422: ['file_infected'],
            503: ['storage_unavailable', 'scanner_unavailable', 'unavailable'],
            507: ['storage_full', 'site_quota_exceeded'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      // Of a site that has no room left nothing is read.
      await quotas.refuseOver(site, 1);
      const form = await receiveForm(request, { store: stores.current, scanner }, randomId(), maxBytes);
      if (request.query.duplicates === 'reuse') {
        const { sha256 } = form.file;
        const known = await deps.files.duplicateOf(identityOf(request), site, sha256);
        if (known !== undefined) {
          await form.file.discard();
          reply.header('location', `/assets/${known.id}`);
          return fileResponse(known);
        }
      }
      const file = await addUpload({ ...deps, log: request.log }, form, site, identityOf(request));
      reply.code(201).header('location', `/assets/${file.id}`);
      return fileResponse(file);
    },
  );
}
