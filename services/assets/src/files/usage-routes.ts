import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { Usages } from '../references/usage.ts';
import type { Files } from './files.ts';
import { FileParams, MinSeqQuery } from './schemas.ts';

export interface UsageDependencies {
  readonly files: Pick<Files, 'find' | 'usage'>;
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

const MAX_USAGES = 100;

const UsageResponse = Type.Object({
  items: Type.Array(
    Type.Object({
      entry: Type.String(),
      type: Type.String(),
      title: Type.String(),
      editions: Type.Array(Type.String(), { description: '`published`, `working`: copies that mention the file' }),
      restricted: Type.Boolean({ description: 'Only in fields that not everybody who sees the entry may read' }),
    }),
  ),
  total: Type.Integer({ description: `How many entries; at most ${MAX_USAGES} are listed` }),
});

/** `GET /assets/:id/usage`. To be registered under a guard. */
export function registerUsage(app: Service, { files, arrived }: UsageDependencies): void {
  app.get(
    '/assets/:id/usage',
    {
      onRequest: [requireScope('content:edit')],
      schema: {
        operationId: 'listFileUsage',
        summary: 'List the entries that mention a file',
        description: 'Those that the caller may read.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        querystring: MinSeqQuery,
        response: {
          200: UsageResponse,
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['insufficient_scope'],
            404: ['file_not_found'],
            503: ['index_behind'],
          }),
        },
      },
    },
    async (request) => {
      await arrived(request.query.min_seq);
      const file = await files.find(request.params.id);
      if (file === undefined || file.site !== identityOf(request).site) throw problem('file_not_found');
      return answerOf(await files.usage(file, MAX_USAGES));
    },
  );
}

function answerOf({ usages, total }: Usages) {
  return { items: usages.map((usage) => ({ ...usage, editions: [...usage.editions] })), total };
}
