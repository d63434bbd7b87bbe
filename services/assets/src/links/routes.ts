import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { mayRead } from '../files/access.ts';
import type { Files } from '../files/files.ts';
import { findFile } from '../files/find-file.ts';
import { FileParams } from '../files/schemas.ts';
import type { DownloadLinks } from './download-links.ts';

export interface LinksDependencies {
  readonly files: Pick<Files, 'find'>;
  readonly links: DownloadLinks;
  readonly publicUrl: string;
}

const LinkAnswer = Type.Object({
  url: Type.String({ description: 'Opens exactly this file, without an access token, until it expires' }),
  expires_at: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds' }),
});

/** `POST /assets/:id/link`. To be registered under a guard. */
export function registerLinks(app: Service, { files, links, publicUrl }: LinksDependencies): void {
  app.post(
    '/assets/:id/link',
    {
      schema: {
        summary: 'Make a download link of five minutes',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        response: {
          200: LinkAnswer,
          ...problems({ 401: tokenRefusals, 403: ['insufficient_scope'], 404: ['file_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const caller = identityOf(request);
      const file = await findFile(files, request.params.id, caller, mayRead, 'assets:read');
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
