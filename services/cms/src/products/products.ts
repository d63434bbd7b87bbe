import type { Actor } from '@gaia/audit-log/actor';
import { isForeignKeyViolation, isUniqueViolation } from '@gaia/database/errors';
import { type SqlBool, sql } from 'kysely';
import type { Audit } from '../audit.ts';
import type { CmsDatabase, ProductTable } from '../database.ts';
import { problem } from '../errors.ts';
import { inTransaction } from '../transactions.ts';

export type Product = ProductTable;

/** What a site sells or gives away: entries can ask for it, users can hold it. Unknown ones: `product_not_found`. */
export interface Products {
  list(site: string): Promise<Product[]>;
  get(site: string, id: string): Promise<Product>;
  /** Throws `product_exists`, and `too_many_products` when the site has 1,000. */
  create(by: Actor, site: string, input: { readonly id: string; readonly name: string }): Promise<Product>;
  rename(by: Actor, site: string, id: string, name: string): Promise<Product>;
  /** Throws `product_in_use` while an entry requires it or a user holds it. */
  remove(by: Actor, site: string, id: string): Promise<void>;
}

const MAX_PRODUCTS = 1_000;

export interface ProductsDependencies {
  readonly database: CmsDatabase;
  readonly audit: Audit;
  readonly now: () => number;
}

export function createProducts({ database, audit, now }: ProductsDependencies): Products {
  const ofSite = (site: string) => database.selectFrom('products').selectAll().where('site', '=', site);

  async function get(site: string, id: string): Promise<Product> {
    return found(await ofSite(site).where('id', '=', id).executeTakeFirst());
  }

  async function remove(by: Actor, site: string, id: string): Promise<void> {
    await inTransaction(database, async (transaction) => {
      // Transactions that give the product to an entry or a user hold a share lock of the row.
      const product = await transaction
        .selectFrom('products')
        .select('id')
        .where('site', '=', site)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      if (product === undefined) throw problem('product_not_found');
      const { rows } = await sql<{ used: SqlBool }>`
        select exists (
          select from access_classes c join entries e on e.site = c.site and e.access_class = c.id
          where c.site = ${site} and c.kind = 'products' and ${id} = any(c.names)
        ) or exists (
          select from entitlements n where n.site = ${site} and n.product = ${id} and n.held
        ) as used`.execute(transaction);
      if (rows[0]?.used) throw problem('product_in_use');
      await transaction.deleteFrom('entitlements').where('site', '=', site).where('product', '=', id).execute();
      await transaction
        .deleteFrom('products')
        .where('site', '=', site)
        .where('id', '=', id)
        .execute()
        .catch((error) => {
          throw isForeignKeyViolation(error, 'entitlements_product') ? problem('product_in_use') : error;
        });
      await audit.append(transaction, by, { action: 'product.remove', site, target: id });
    });
    audit.committed();
  }

  return {
    list: (site) => ofSite(site).orderBy('id').execute(),
    get,
    create: async (by, site, { id, name }) => {
      const { length } = await ofSite(site).execute();
      if (length >= MAX_PRODUCTS) throw problem('too_many_products');
      const product = { site, id, name, created_at: new Date(now()), updated_at: new Date(now()) };
      await inTransaction(database, async (transaction) => {
        await transaction
          .insertInto('products')
          .values(product)
          .execute()
          .catch((error) => {
            throw isUniqueViolation(error, 'products_pkey') ? problem('product_exists') : error;
          });
        await audit.append(transaction, by, { action: 'product.create', site, target: id });
      });
      audit.committed();
      return product;
    },
    rename: async (by, site, id, name) => {
      const renamed = await inTransaction(database, async (transaction) => {
        const row = await transaction
          .updateTable('products')
          .set({ name, updated_at: new Date(now()) })
          .where('site', '=', site)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        await audit.append(transaction, by, { action: 'product.change', site, target: found(row).id });
        return found(row);
      });
      audit.committed();
      return renamed;
    },
    remove,
  };
}

function found(product: Product | undefined): Product {
  if (product === undefined) throw problem('product_not_found');
  return product;
}
