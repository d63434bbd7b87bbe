import { actorOf } from '@gaia/audit-log/actor';
import { bearer, IfMatch, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import type { FastifyInstance } from 'fastify';
import { problem } from '../errors.ts';
import { changeableFile } from '../files/access.ts';
import { metadataTag, refuseConflict } from '../files/file-change.ts';
import { FileParams, FileResponse, fileResponse } from '../files/schemas.ts';
import { replaceContent } from './replace-content.ts';
import type { UploadDependencies } from './upload.ts';

export interface ContentRoute extends UploadDependencies {
  readonly maxBytes: number;
}

/** `PUT /assets/:id/content`. To be registered under a guard, in a scope of its own: it takes bodies of every type. */
export function registerContent(app: Service, deps: ContentRoute): void {
  const scope = app as unknown as FastifyInstance;
  scope.removeAllContentTypeParsers();
  // The body goes to the store as it comes.
  scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  app.put(
    '/assets/:id/content',
    {
      bodyLimit: deps.maxBytes,
      schema: {
        operationId: 'replaceFileContent',
        summary: 'Replace the bytes of a file',
        description:
          "The address, the name, the description and who may read it stay. One's own upload, or any for those who may edit others' " +
          'content. The body is the bytes, `Content-Type` what they are; `If-Match` the `ETag` of `GET /assets/:id/metadata`.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        headers: IfMatch,
        response: {
          200: FileResponse,
          ...problems({
            400: ['validation_failed', 'file_required'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            404: ['file_not_found'],
            412: ['version_conflict'],
            413: ['payload_too_large', 'file_too_large', 'file_too_large_to_scan'],
            422: ['file_infected'],
            503: ['storage_unavailable', 'scanner_unavailable'],
            507: ['storage_full', 'site_quota_exceeded'],
          }),
        },
      },
    },
    async (request, reply) => {
      const ifMatch = request.headers['if-match'];
      const file = await changeableFile(deps.files, request.params.id, identityOf(request));
      // Before a byte of it is read, and once more when they have come.
      refuseConflict(ifMatch, file);
      const source = request.body as AsyncIterable<Buffer> | undefined;
      if (source === undefined) throw problem('file_required');
      const changed = await replaceContent({ ...deps, log: request.log }, file, {
        source,
        declaredType: request.headers['content-type'],
        by: actorOf(request as never),
        refuse: (current) => refuseConflict(ifMatch, current),
      });
      reply.header('etag', metadataTag(changed));
      return fileResponse(changed);
    },
  );
}
