import type { Migration } from '@gaia/database/migrate';
import { sql } from 'kysely';

const statements = [
  sql`alter table files add column products text[] not null default '{}'`,
  sql`alter table files add column version integer not null default 1`,
  sql`alter table files drop constraint files_visibility_check`,
  sql`alter table files add constraint files_visibility_check
    check (visibility in ('public', 'members', 'private', 'products'))`,
  sql`alter table files add constraint files_products_check
    check ((visibility = 'products') = (cardinality(products) > 0))`,
];

/** A file can ask for a product by itself; and what is said of a file can be changed, so changes are counted. */
export const ownRulesMigration: Migration = {
  name: '0003-own-rules',
  up: async (database) => {
    for (const statement of statements) await statement.execute(database);
  },
};
