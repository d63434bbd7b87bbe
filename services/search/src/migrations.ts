import type { Migration } from '@gaia/database/migrate';
import { documentsMigration } from '../migrations/0001-documents.ts';

/** Name of the service's schema. */
export const SCHEMA = 'search';

export const migrations: readonly Migration[] = Object.freeze([documentsMigration]);
