import type { Migration } from '@gaia/database/migrate';
import { filesMigration } from '../migrations/0001-files.ts';
import { referencesMigration } from '../migrations/0002-references.ts';
import { ownRulesMigration } from '../migrations/0003-own-rules.ts';
import { uploaderMigration } from '../migrations/0020-uploader.ts';
import { downloadLinksMigration } from '../migrations/0030-download-links.ts';
import { imagesMigration } from '../migrations/0040-images.ts';
import { storesMigration } from '../migrations/0050-stores.ts';
import { uploadsMigration } from '../migrations/0051-uploads.ts';
import { descriptionsMigration } from '../migrations/0052-descriptions.ts';
import { siteStorageMigration } from '../migrations/0053-site-storage.ts';
import { auditLogMigration } from '../migrations/0054-audit-log.ts';

/** Name of the service's schema. */
export const SCHEMA = 'assets';

export const migrations: readonly Migration[] = Object.freeze([
  filesMigration,
  referencesMigration,
  ownRulesMigration,
  uploaderMigration,
  downloadLinksMigration,
  imagesMigration,
  storesMigration,
  uploadsMigration,
  descriptionsMigration,
  siteStorageMigration,
  auditLogMigration,
]);
