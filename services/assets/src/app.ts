import multipart from '@fastify/multipart';
import type { DeferredAudit } from '@gaia/audit-log/deferred';
import { registerAudit } from '@gaia/audit-log/routes';
import { pingDatabase } from '@gaia/database/database';
import type { FollowedFeed } from '@gaia/feed-follower';
import { waitForSeq } from '@gaia/feed-follower/min-seq';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import { registerSymmetricTokens } from '@gaia/jwt/symmetric';
import type { RecordStore } from '@gaia/state/state';
import { tokenGuard } from '@gaia/token-guard';
import type { Guard } from '@gaia/token-guard/guard';
import { registerWhoAmI } from '@gaia/token-guard/whoami-route';
import type { FastifyInstance } from 'fastify';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import { type Config, uploadLifetimeMs } from './config.ts';
import type { AssetsDatabase } from './database.ts';
import { registerDownloads } from './downloads/routes.ts';
import { registerFileChange } from './files/change-route.ts';
import { createFiles } from './files/files.ts';
import { createFileLists } from './files/list-files.ts';
import { registerOwnFiles } from './files/own-files-route.ts';
import { createQuotas } from './files/quotas.ts';
import { registerFiles, registerManyFiles, registerMetadata } from './files/routes.ts';
import { registerStorage } from './files/storage-routes.ts';
import { registerUsage } from './files/usage-routes.ts';
import { createImageSettings } from './images/image-settings.ts';
import type { Images } from './images/images.ts';
import { registerImageSettings } from './images/settings-routes.ts';
import type { Variants } from './images/variants.ts';
import { createDownloadGrants } from './links/download-grants.ts';
import { createDownloadLinks } from './links/download-links.ts';
import { parseLinkKeys } from './links/link-keys.ts';
import { registerLinks } from './links/routes.ts';
import { createMovableFiles } from './moves/movable-files.ts';
import { createMover } from './moves/mover.ts';
import { registerMoves } from './moves/routes.ts';
import type { Stores } from './storage/stores.ts';
import { LONGEST_UPLOAD_MS } from './storage/temporary-files.ts';
import { registerContent } from './uploads/content-route.ts';
import { createResumableUploads } from './uploads/resumable/resumable-uploads.ts';
import { registerResumableUploads, registerTusOptions } from './uploads/resumable/routes.ts';
import { createRunningDigests } from './uploads/resumable/running-digests.ts';
import { createStateLocker } from './uploads/resumable/state-locker.ts';
import { createTus } from './uploads/resumable/tus-server.ts';
import { registerUploads } from './uploads/routes.ts';
import type { Scanner } from './uploads/scanner.ts';

export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly database: Kysely<AssetsDatabase>;
  readonly guard: Guard;
  readonly stores: Stores;
  readonly images: Images;
  readonly scanner: Scanner;
  readonly audit: DeferredAudit<AssetsDatabase>;
  /** Where locks of uploads are. */
  readonly records: RecordStore;
  readonly variants: Variants;
  readonly feed: Pick<FollowedFeed, 'applied' | 'check'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new UUID. */
  readonly randomId: () => string;
  readonly checks?: readonly HealthCheck[];
}

type AppConfig = Pick<
  Config,
  | 'TRUSTED_PROXIES'
  | 'ASSETS_MAX_BYTES'
  | 'ASSETS_LINK_KEYS'
  | 'ASSETS_S3_REDIRECT'
  | 'ASSETS_SITE_QUOTA_BYTES'
  | 'ASSETS_UPLOAD_HOURS'
  | 'ASSETS_UPLOADS_PER_ACCOUNT'
  | 'PUBLIC_URL'
>;

/** The assets service: uploads, downloads, download links. */
export async function buildApp(config: AppConfig, deps: AppDependencies): Promise<Service> {
  const { database, guard, stores, images, variants, scanner, feed, now, randomId, logger } = deps;
  const settings = createImageSettings(database);
  const quotas = createQuotas(database, config.ASSETS_SITE_QUOTA_BYTES);
  const files = createFiles(database, now, { quotas, audit: deps.audit });
  const maxBytes = config.ASSETS_MAX_BYTES;
  const arrived = (minSeq: string | undefined) => waitForSeq(feed.applied, minSeq);
  const app = await createService({
    name: 'assets',
    description: 'Files of sites: uploads, private downloads, download links.',
    logger,
    metrics: deps.metrics,
    trustedProxies: config.TRUSTED_PROXIES,
    bodyLimit: 16 * 1024,
    requestTimeoutMs: LONGEST_UPLOAD_MS,
    checks: [
      ...guard.healthChecks,
      { name: 'database', critical: true, check: async () => pingDatabase(database).then(() => ({ status: 'ok' })) },
      { name: 'files', critical: true, check: async () => stores.current.check().then(() => ({ status: 'ok' })) },
      feed.check,
      ...(deps.checks ?? []),
    ],
  });
  const links = createDownloadLinks({
    tokens: await registerSymmetricTokens(
      app as unknown as FastifyInstance,
      'fileDownload',
      parseLinkKeys(config.ASSETS_LINK_KEYS),
    ),
    grants: createDownloadGrants(database, now),
    now,
    randomId,
    revocations: guard.revocations,
  });
  const mover = createMover({ files: createMovableFiles(database, now), stores, log: logger });
  app.addHook('onClose', () => mover.stop());
  const writing = new Map<string, Promise<unknown>>();
  const settled = async (id: string) => void (await writing.get(id));
  const tus = createTus({
    files,
    images,
    stores,
    scanner,
    quotas,
    uploads: createResumableUploads(database, now),
    locker: createStateLocker({ records: deps.records, now, randomId, settled }),
    writing,
    digests: createRunningDigests(),
    now,
    randomId,
    maxBytes,
    lifetimeMs: uploadLifetimeMs(config),
    mostUnfinished: config.ASSETS_UPLOADS_PER_ACCOUNT,
  });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard });
    await scope.register(multipart);
    registerWhoAmI(scope as Service, '/assets/whoami');
    registerUploads(scope as Service, { files, stores, images, scanner, quotas, now, randomId, maxBytes });
    registerResumableUploads(scope as Service, { tus, maxBytes });
    registerFiles(scope as Service, { files, lists: createFileLists(database), stores, arrived });
    await scope.register(async (own) =>
      registerContent(own as Service, { files, images, stores, scanner, now, randomId, maxBytes }),
    );
    registerAudit(scope as Service, '/assets/audit', { database, settle: deps.audit.settle });
    registerFileChange(scope as Service, files);
    registerImageSettings(scope as Service, settings);
    registerOwnFiles(scope as Service, files);
    registerUsage(scope as Service, { files, arrived });
    registerStorage(scope as Service, { quotas, maxBytes });
    registerMoves(scope as Service, mover);
    registerLinks(scope as Service, { files, links, publicUrl: config.PUBLIC_URL, arrived });
  });
  await app.register(async (scope) => {
    await scope.register(tokenGuard, { guard, optionalIdentity: true });
    const redirects = config.ASSETS_S3_REDIRECT;
    registerDownloads(scope as Service, { files, stores, links, images, variants, settings, redirects, now, arrived });
    registerMetadata(scope as Service, { files, arrived });
    registerManyFiles(scope as Service, { files, avifOf: variants.avifOf, arrived });
    registerTusOptions(scope as Service, tus);
  });
  return app;
}
