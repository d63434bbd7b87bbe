import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { readableFile } from '../files/access.ts';
import type { Files } from '../files/files.ts';
import { FileParams, MinSeqQuery } from '../files/schemas.ts';
import type { DownloadLinks } from './download-links.ts';

export interface LinksDependencies {
  readonly files: Pick<Files, 'find' | 'isReadable'>;
  readonly links: DownloadLinks;
  readonly publicUrl: string;
  /** Waits for a change of the caller's own. Throws index_behind. */
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

const LinkResponse = Type.Object(
  {
    url: Type.String({ description: 'Opens exactly this file, without an access token, until it expires' }),
    expires_at: Type.String(),
    expires_in: Type.Integer({ description: 'Seconds' }),
  },
  { title: 'FileLink' },
);

/** `POST /assets/:id/link`. To be registered under a guard. */
export function registerLinks(app: Service, { files, links, publicUrl, arrived }: LinksDependencies): void {
  app.post(
    '/assets/:id/link',
    {
      schema: {
        operationId: 'createFileLink',
        summary: 'Create a download link',
        description:
          'It opens the file as long as the one who made it may read the file, and no longer than until it expires. Its `token` ' +
          'opens all variants of the file too. Who asks again within half of its life is given the same link, so that a ' +
          'browser finds again what it has kept.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        querystring: MinSeqQuery,
        response: {
          200: LinkResponse,
          ...problems({
            401: tokenRefusals,
            403: ['insufficient_scope'],
            404: ['file_not_found'],
            503: ['index_behind'],
          }),
        },
      },
    },
    async (request, reply) => {
      const caller = identityOf(request);
      await arrived(request.query.min_seq);
      const file = await readableFile(files, request.params.id, caller);
      const { token, expiresAt, expiresIn } = await links.issue(file, caller);
      reply.header('cache-control', 'no-store');
      return {
        url: `${publicUrl}/assets/${file.id}?token=${token}`,
        expires_at: new Date(expiresAt).toISOString(),
        expires_in: expiresIn,
      };
    },
  );
}
