import { bearer, noBody, problems, SiteParams, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { problem } from '../../errors.ts';
import { FileParams } from '../../files/schemas.ts';
import { type Tus, type TusResponse, UPLOADS_PATH } from './tus-server.ts';

export interface ResumableRoutes {
  readonly tus: Tus;
  readonly maxBytes: number;
}

const VERSION = '1.0.0';
const BODY_TYPE = 'application/offset+octet-stream';

/** No body follows, or no more of it is wanted. */
const closing = { connection: 'close' };

async function refuseUnsuitable({ headers, method }: FastifyRequest): Promise<void> {
  // tus knows it for clients that cannot send PATCH; a method that is another one than it seems passes rules by.
  if (headers['x-http-method-override'] !== undefined) {
    throw problem('method_override_refused', { headers: closing });
  }
  if (headers['tus-resumable'] !== VERSION) {
    throw problem('tus_version_not_supported', { headers: { ...closing, 'tus-version': VERSION } });
  }
  if (method === 'PATCH' && headers['content-type'] !== BODY_TYPE) {
    throw problem('unsupported_media_type', { headers: closing, detail: `A body of ${BODY_TYPE} is needed.` });
  }
}

const text = (description: string) => Type.Optional(Type.String({ maxLength: 4_096, description }));

const TusHeaders = { 'tus-resumable': text('`1.0.0`') };
const CreationHeaders = Type.Object({
  ...TusHeaders,
  'upload-length': text('Bytes of the whole file'),
  'upload-metadata': text(
    'Pairs of a key and a value in base64: `filename`, `filetype`, `visibility`, `products` (comma-separated), `sha256` ' +
      '(hexadecimal; the file is refused if it has another)',
  ),
});
const PatchHeaders = Type.Object({ ...TusHeaders, 'upload-offset': text('Where the body begins') });

const refusals = {
  400: ['validation_failed', 'method_override_refused', 'tus_extension_not_supported'],
  401: tokenRefusals,
  403: ['insufficient_scope', 'forbidden'],
  412: ['tus_version_not_supported'],
};

const ofUpload = { ...refusals, 404: ['upload_not_found'], 410: ['upload_expired'], 423: ['upload_locked'] };
const ofBytes = {
  413: ['file_too_large', 'upload_length_exceeded', 'file_too_large_to_scan'],
  415: ['unsupported_media_type'],
  422: ['checksum_mismatch', 'file_infected'],
  503: ['storage_unavailable', 'scanner_unavailable', 'unavailable'],
  507: ['storage_full', 'site_quota_exceeded'],
};

/** Uploads that can go on after they were cut off: tus 1.0.0. To be registered under a guard, in a scope of its own. */
export function registerResumableUploads(app: Service, { tus, maxBytes }: ResumableRoutes): void {
  // The body goes to the store as it comes.
  (app as unknown as FastifyInstance).addContentTypeParser(BODY_TYPE, (_request, payload, done) => done(null, payload));

  const onRequest = [requireScope('assets:write'), refuseUnsuitable];
  const of = (request: FastifyRequest) => tus.answer(request, { identity: identityOf(request) });
  const common = { tags: ['uploads'], ...bearer };
  const uploadRoute = (operationId: string, summary: string, description: string) => ({
    ...common,
    operationId,
    summary,
    description,
    params: FileParams as TSchema,
  });

  app.post(
    '/assets/sites/:site/uploads',
    {
      bodyLimit: maxBytes,
      onRequest: [requireSite(), ...onRequest],
      schema: {
        ...common,
        operationId: 'createUpload',
        summary: 'Begin a resumable upload (tus 1.0.0)',
        description:
          `\`Location\` is the upload; bytes go there with PATCH. A body of \`${BODY_TYPE}\` is its beginning. ` +
          'The upload expires at `Upload-Expires`. The response that ends it has the address of the file in `Content-Location`.',
        params: SiteParams,
        headers: CreationHeaders,
        response: {
          201: noBody('The upload has begun'),
          ...problems({ ...refusals, ...ofBytes, 429: ['too_many_uploads'] }),
        },
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      const answer = await tus.answer(request as unknown as FastifyRequest, { identity: identityOf(request), site });
      return send(reply, answer);
    },
  );

  app.patch(
    `${UPLOADS_PATH}/:id`,
    {
      bodyLimit: maxBytes,
      onRequest,
      schema: {
        ...uploadRoute(
          'appendToUpload',
          'Send the next bytes of a resumable upload',
          'Only the account that began it. What has come of a request that breaks off is kept: HEAD says how much.',
        ),
        headers: PatchHeaders,
        response: {
          204: noBody('They are stored; with `Content-Location`, the file is made'),
          ...problems({ ...ofUpload, ...ofBytes, 409: ['upload_offset_conflict'] }),
        },
      },
    },
    async (request, reply) => send(reply, await of(request as unknown as FastifyRequest)),
  );

  app.head(
    `${UPLOADS_PATH}/:id`,
    {
      onRequest,
      schema: {
        ...uploadRoute('headUpload', 'Ask how much of a resumable upload has come', 'In `Upload-Offset`.'),
        response: { 200: noBody('In the headers'), ...problems({ ...ofUpload, ...ofBytes }) },
      },
    },
    async (request, reply) => send(reply, await of(request as unknown as FastifyRequest)),
  );

  app.delete(
    `${UPLOADS_PATH}/:id`,
    {
      onRequest,
      schema: {
        ...uploadRoute(
          'deleteUpload',
          'Give up a resumable upload',
          'Its bytes are removed. A file that it has become already stays.',
        ),
        response: { 204: noBody('It is removed'), ...problems(ofUpload) },
      },
    },
    async (request, reply) => send(reply, await of(request as unknown as FastifyRequest)),
  );
}

/** `OPTIONS /assets/uploads`: what the server can. To be registered where anonymous callers come in. */
export function registerTusOptions(app: Service, tus: Tus): void {
  app.options(
    UPLOADS_PATH,
    {
      schema: {
        operationId: 'describeUploads',
        summary: 'Describe the support for tus',
        description: 'In `Tus-Version`, `Tus-Extension` and `Tus-Max-Size`.',
        tags: ['uploads'],
        security: [],
        response: { 204: noBody('In the headers') },
      },
    },
    async (request, reply) =>
      send(reply, await tus.answer(request as unknown as FastifyRequest, { identity: undefined })),
  );
}

interface Reply {
  code(status: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
  send(payload: null): unknown;
}

function send(reply: unknown, { status, headers }: TusResponse): never {
  (reply as Reply)
    .code(status)
    .headers({ 'cache-control': 'no-store', ...headers })
    .send(null);
  return reply as never;
}
