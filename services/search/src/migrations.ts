import type { Migration } from '@gaia/database/migrate';
import { documentsMigration } from '../migrations/0001-documents.ts';
import { accessClassesMigration } from '../migrations/0002-access-classes.ts';
import { wholeTextsMigration } from '../migrations/0010-whole-texts.ts';

/** Name of the service's schema. */
export const SCHEMA = 'search';

export const migrations: readonly Migration[] = Object.freeze([
  documentsMigration,
  accessClassesMigration,
  wholeTextsMigration,
]);
