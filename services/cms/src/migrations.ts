import type { Migration } from '@gaia/database/migrate';
import { content } from '../migrations/0001-content.ts';
import { access } from '../migrations/0002-access.ts';
import { webhooks } from '../migrations/0003-webhooks.ts';
import { referencesOfAll } from '../migrations/0004-references-of-all.ts';
import { auditLog } from '../migrations/0010-audit-log.ts';
import { lastChange } from '../migrations/0011-last-change.ts';
import { foldedText } from '../migrations/0020-folded-text.ts';
import { entryVariants } from '../migrations/0021-entry-variants.ts';
import { typeLanguage } from '../migrations/0050-type-language.ts';

/** Name of the service's schema. */
export const SCHEMA = 'cms';

export const migrations: readonly Migration[] = Object.freeze([
  content,
  access,
  webhooks,
  referencesOfAll,
  auditLog,
  lastChange,
  foldedText,
  entryVariants,
  typeLanguage,
]);
