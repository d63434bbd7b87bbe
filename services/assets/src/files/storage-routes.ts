import { bearer, bodyRefusals, problems, SiteParams, siteRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import type { Quotas, SiteStorage } from './quotas.ts';

export interface StorageRoutes {
  readonly quotas: Pick<Quotas, 'of' | 'set'>;
  readonly maxBytes: number;
}

const nullableBytes = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0, maximum: 1024 ** 5 }), Type.Null()], { description });

const SiteStorageResponse = Type.Object(
  {
    files: Type.Integer(),
    used_bytes: Type.Integer(),
    quota_bytes: nullableBytes('What the files of the site may have; null: no limit'),
    max_file_bytes: Type.Integer({ description: 'The largest file that is taken' }),
  },
  { title: 'SiteStorage' },
);

const Quota = Type.Object(
  { quota_bytes: nullableBytes('null: the quota of all sites') },
  { additionalProperties: false, title: 'SiteQuota' },
);

/** `GET` and `PUT /assets/sites/:site/storage`. To be registered under a guard. */
export function registerStorage(app: Service, { quotas, maxBytes }: StorageRoutes): void {
  const response = ({ files, used, quota }: SiteStorage) => ({
    files,
    used_bytes: used,
    quota_bytes: quota ?? null,
    max_file_bytes: maxBytes,
  });

  app.get(
    '/assets/sites/:site/storage',
    {
      onRequest: [requireSite(), requireScope('assets:write')],
      schema: {
        operationId: 'getSiteStorage',
        summary: 'Get the storage of a site',
        description: 'What its files take and may take. Uploads that are not finished do not count.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        response: { 200: SiteStorageResponse, ...problems(siteRefusals) },
      },
    },
    async (request) => response(await quotas.of(request.params.site)),
  );

  app.put(
    '/assets/sites/:site/storage',
    {
      onRequest: [requireScope('sites:manage')],
      schema: {
        operationId: 'setSiteQuota',
        summary: 'Set the storage quota of a site',
        description:
          'For administrators of the installation. Files that are there stay, also if they have more. New ones are refused with `site_quota_exceeded`.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        body: Quota,
        response: { 200: SiteStorageResponse, ...problems({ ...siteRefusals, 400: bodyRefusals }) },
      },
    },
    async (request) => {
      const { site } = request.params;
      await quotas.set(site, request.body.quota_bytes ?? undefined);
      return response(await quotas.of(site));
    },
  );
}
