import type { Migration } from '@gaia/database/migrate';
import { content } from '../migrations/0001-content.ts';

/** Name of the service's schema. */
export const SCHEMA = 'cms';

export const migrations: readonly Migration[] = Object.freeze([content]);
