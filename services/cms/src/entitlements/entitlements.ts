import { randomUUIDv7 } from 'node:crypto';
import type { Actor } from '@gaia/audit-log/actor';
import { sql } from 'kysely';
import type { Audit } from '../audit.ts';
import type { CmsDatabase, CmsReader, CmsTransaction } from '../database.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';
import { inTransaction } from '../transactions.ts';

/** Whose hold on which product. */
export interface Hold {
  readonly site: string;
  readonly subject: string;
  readonly product: string;
}

/**
 * What a hold comes from, and how its messages follow each other. `manual`: a manager of the site sets it, the
 * last word counts. `payment`: one payment; once withdrawn (refunded) it grants no more, whatever comes later.
 * `latest`: messages that name no payment; the one with the latest time counts, a withdrawal before a grant of the
 * same second.
 */
export type Source =
  | { readonly kind: 'manual' }
  | { readonly kind: 'payment'; readonly id: string }
  | { readonly kind: 'latest'; readonly id: string };

export interface Entitlement extends Hold {
  readonly changedAt: number;
}

interface Said {
  readonly action: 'entitlement.grant' | 'entitlement.withdraw';
  readonly source: string;
  readonly changed: boolean;
}

export interface EntitlementsDependencies {
  readonly database: CmsDatabase;
  readonly outbox: Outbox;
  readonly audit: Pick<Audit, 'append'>;
  readonly now: () => number;
}

/** Which users hold which products of a site. */
export interface Entitlements {
  /** Those that are held, by user and product, after a place. */
  list(
    site: string,
    by: { readonly user?: string | undefined; readonly product?: string | undefined },
    after: { readonly subject: string; readonly product: string } | undefined,
    limit: number,
  ): Promise<Entitlement[]>;
  /** Throws `product_not_found`. Gives the position in the feed. */
  grant(by: Actor, hold: Hold): Promise<string>;
  /** Withdraws the product whatever it came from. Throws `product_not_found`. */
  withdraw(by: Actor, hold: Hold): Promise<string>;
  /**
   * Carries a message about a source out within the transaction that consumes it; `at` is its time in seconds. Throws
   * `product_not_found`. The caller tells the outbox when the transaction is done.
   */
  apply(
    transaction: CmsTransaction,
    by: Actor,
    hold: Hold,
    message: { readonly source: Source; readonly granted: boolean; readonly at: number },
  ): Promise<boolean>;
  /** Those that a user holds on any site, by site and product, after a place. */
  ofSubject(
    subject: string,
    after: { readonly site: string; readonly product: string } | undefined,
    limit: number,
  ): Promise<Entitlement[]>;
  /**
   * Withdraws all that a user holds on any site, and forgets what it came from. What stays is that the product is not
   * held, because the feed has to say so to those who build on it. May be repeated.
   */
  erase(by: Actor, subject: string): Promise<void>;
}

export function createEntitlements(deps: EntitlementsDependencies): Entitlements {
  const { database, outbox, audit, now } = deps;

  /** Takes the row for oneself, making it if it is not there. */
  async function take(transaction: CmsTransaction, { site, subject, product }: Hold) {
    const known = await transaction
      .selectFrom('products')
      .select('id')
      .where('site', '=', site)
      .where('id', '=', product)
      .forKeyShare()
      .executeTakeFirst();
    if (known === undefined) throw problem('product_not_found');
    const key = randomUUIDv7();
    const { rows } = await sql<{ key: string; held: boolean }>`
      insert into entitlements (site, subject, product, key, held, changed_at)
      values (${site}, ${subject}, ${product}, ${key}::uuid, false, ${new Date(now())}::timestamptz)
      on conflict (site, subject, product) do update set key = entitlements.key
      returning key, held`.execute(transaction);
    const [row] = rows;
    if (row === undefined) throw new Error('an entitlement has no row');
    return { ...row, isNew: row.key === key };
  }

  /** Works out whether it is held by what its sources say now; tells the feed if that is news. */
  async function settle(transaction: CmsTransaction, hold: Hold, row: Awaited<ReturnType<typeof take>>) {
    const { site, subject, product } = hold;
    const { rows } = await sql<{ held: boolean }>`
      update entitlements n set changed_at = ${new Date(now())}::timestamptz, held = exists (
        select from entitlement_sources s
        where s.site = n.site and s.subject = n.subject and s.product = n.product and s.granted)
      where n.site = ${site} and n.subject = ${subject} and n.product = ${product}
      returning held`.execute(transaction);
    const changed = rows[0]?.held !== row.held;
    if (changed || row.isNew) {
      return { changed, seq: await outbox.append(transaction, { site, id: row.key, kind: 'entitlement' }) };
    }
    return { changed, seq: await outbox.last(transaction, site, row.key) };
  }

  /** What was said of a hold, and whether it is another one since: a user may hold a product for several reasons. */
  async function record(transaction: CmsTransaction, by: Actor, hold: Hold, said: Said): Promise<void> {
    const { site, subject, product } = hold;
    const { action, changed, source } = said;
    await audit.append(transaction, by, { action, site, target: subject, details: { product, source, changed } });
  }

  const apply: Entitlements['apply'] = async (transaction, by, hold, { source, granted, at }) => {
    const row = await take(transaction, hold);
    await setSource(transaction, hold, source, granted, at);
    const { changed } = await settle(transaction, hold, row);
    const action = granted ? 'entitlement.grant' : 'entitlement.withdraw';
    await record(transaction, by, hold, { action, changed, source: nameOf(source) });
    return changed;
  };

  async function inOwnTransaction(
    by: Actor,
    hold: Hold,
    said: Omit<Said, 'changed'>,
    work: (transaction: CmsTransaction) => Promise<void>,
  ): Promise<string> {
    const seq = await inTransaction(database, async (transaction) => {
      const row = await take(transaction, hold);
      await work(transaction);
      const settled = await settle(transaction, hold, row);
      await record(transaction, by, hold, { ...said, changed: settled.changed });
      return settled.seq;
    });
    outbox.committed();
    return seq;
  }

  return {
    list: async (site, { user, product }, after, limit) => {
      let query = database.selectFrom('entitlements').selectAll().where('site', '=', site).where('held', '=', true);
      if (user !== undefined) query = query.where('subject', '=', user);
      if (product !== undefined) query = query.where('product', '=', product);
      if (after !== undefined) {
        query = query.where(sql<boolean>`(subject, product) > (${after.subject}, ${after.product})`);
      }
      const rows = await query.orderBy('subject').orderBy('product').limit(limit).execute();
      return rows.map((row) => ({ ...row, changedAt: row.changed_at.getTime() }));
    },
    grant: (by, hold) =>
      inOwnTransaction(by, hold, { action: 'entitlement.grant', source: 'manual' }, (transaction) =>
        setSource(transaction, hold, { kind: 'manual' }, true, Math.floor(now() / 1_000)),
      ),
    withdraw: (by, hold) =>
      inOwnTransaction(by, hold, { action: 'entitlement.withdraw', source: 'manual' }, async (transaction) => {
        await transaction
          .updateTable('entitlement_sources')
          .set({ granted: false, at: Math.floor(now() / 1_000) })
          .where('site', '=', hold.site)
          .where('subject', '=', hold.subject)
          .where('product', '=', hold.product)
          .execute();
      }),
    apply,
    ofSubject: async (subject, after, limit) => {
      let query = database
        .selectFrom('entitlements')
        .selectAll()
        .where('site', '=', sitesWithProducts)
        .where('subject', '=', subject)
        .where('held', '=', true);
      if (after !== undefined) query = query.where(sql<boolean>`(site, product) > (${after.site}, ${after.product})`);
      const rows = await query.orderBy('site').orderBy('product').limit(limit).execute();
      return rows.map((row) => ({ ...row, changedAt: row.changed_at.getTime() }));
    },
    erase: async (by, subject) => {
      const holds = await database
        .selectFrom('entitlements')
        .select(['site', 'subject', 'product'])
        .where('site', '=', sitesWithProducts)
        .where('subject', '=', subject)
        .where((where) =>
          where.or([
            where('held', '=', true),
            sql<boolean>`exists (
              select from entitlement_sources s where s.site = entitlements.site
                and s.subject = entitlements.subject and s.product = entitlements.product)`,
          ]),
        )
        .execute();
      for (const hold of holds) {
        await inOwnTransaction(by, hold, { action: 'entitlement.withdraw', source: 'erasure' }, async (transaction) => {
          await transaction
            .deleteFrom('entitlement_sources')
            .where('site', '=', hold.site)
            .where('subject', '=', hold.subject)
            .where('product', '=', hold.product)
            .execute();
        });
      }
    },
  };
}

/** The primary key begins with the site: with the few sites named, one look-up each finds all rows of a subject. */
const sitesWithProducts = sql<string>`any(array(select distinct site from products))`;

/** The products that a user holds on a site. */
export async function productsOf(reader: CmsReader, site: string, subject: string): Promise<string[]> {
  const rows = await reader
    .selectFrom('entitlements')
    .select('product')
    .where('site', '=', site)
    .where('subject', '=', subject)
    .where('held', '=', true)
    .execute();
  return rows.map((row) => row.product);
}

function nameOf(source: Source): string {
  return source.kind === 'manual' ? 'manual' : `${source.kind} ${source.id}`;
}

async function setSource(transaction: CmsTransaction, hold: Hold, source: Source, granted: boolean, at: number) {
  const counts = {
    manual: sql`true`,
    payment: sql`s.granted`,
    latest: sql`(s.at, not s.granted) < (excluded.at, not excluded.granted)`,
  }[source.kind];
  await sql`
    insert into entitlement_sources as s (site, subject, product, source, granted, at)
    values (${hold.site}, ${hold.subject}, ${hold.product}, ${nameOf(source)}, ${granted}, ${at})
    on conflict (site, subject, product, source) do update set granted = excluded.granted, at = excluded.at
    where ${counts}`.execute(transaction);
}
