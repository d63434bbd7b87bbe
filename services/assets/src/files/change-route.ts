import { actorOf } from '@gaia/audit-log/actor';
import type { AuditEvent } from '@gaia/audit-log/event';
import { bearer, bodyRefusals, IfMatch, plainText, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { visibilities } from '../database.ts';
import { problem } from '../errors.ts';
import { changeableFile } from './access.ts';
import { MAX_FOLDER_LENGTH } from './description.ts';
import { changedFile, metadataTag, refuseConflict } from './file-change.ts';
import { MAX_PRODUCTS, PRODUCT_ID } from './file-rule.ts';
import type { Files } from './files.ts';
import { AltTexts, FileParams, FileResponse, FocalPoint, fileResponse } from './schemas.ts';
import type { StoredFile } from './stored-file.ts';

const Change = Type.Object(
  {
    file_name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 300, description: 'Under which it is offered for download' }),
    ),
    visibility: Type.Optional(Type.String({ enum: [...visibilities] })),
    products: Type.Optional(
      Type.Array(Type.String({ pattern: PRODUCT_ID }), {
        minItems: 1,
        maxItems: MAX_PRODUCTS,
        description: 'With the visibility `products`: one of them must be held',
      }),
    ),
    focal: Type.Optional(Type.Union([FocalPoint, Type.Null()])),
    alt: Type.Optional(AltTexts),
    caption: Type.Optional(plainText({ maxLength: 2_000 })),
    credit: Type.Optional(plainText({ maxLength: 300 })),
    tags: Type.Optional(Type.Array(plainText({ minLength: 1, maxLength: 60 }), { maxItems: 50 })),
    folder: Type.Optional(
      plainText({ maxLength: MAX_FOLDER_LENGTH, description: 'A path such as `holidays/2026`; empty: none' }),
    ),
  },
  { additionalProperties: false, minProperties: 1, title: 'FileChange' },
);

/** `PATCH /assets/:id`. To be registered under a guard. */
export function registerFileChange(app: Service, files: Pick<Files, 'find' | 'change'>): void {
  app.patch(
    '/assets/:id',
    {
      schema: {
        operationId: 'updateFile',
        summary: 'Change the metadata of a file',
        description:
          "One's own upload, or any for those who may edit others' content. The bytes stay as they are. `If-Match`: the " +
          '`ETag` of `GET /assets/:id/metadata`.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        headers: IfMatch,
        body: Change,
        response: {
          200: FileResponse,
          ...problems({
            400: bodyRefusals,
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            404: ['file_not_found'],
            412: ['version_conflict'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { id } = await changeableFile(files, request.params.id, identityOf(request));
      const changed = await files.change(
        id,
        (file) => {
          refuseConflict(request.headers['if-match'], file);
          return changedFile(file, request.body);
        },
        { by: actorOf(request), event: visibilityEvent },
      );
      if (changed === undefined) throw problem('file_not_found');
      reply.header('etag', metadataTag(changed));
      return fileResponse(changed);
    },
  );
}

/** Who may read a file is for the audit log; its name and description are not. */
function visibilityEvent(before: StoredFile, after: StoredFile): AuditEvent | undefined {
  const { visibility, products, site, id } = after;
  if (visibility === before.visibility && products.join() === before.products.join()) return undefined;
  const details = { visibility, products, visibility_before: before.visibility };
  return { action: 'file.change_visibility', site, target: id, details };
}
