import { isForeignKeyViolation, isUniqueViolation } from '@gaia/database/errors';
import { type Kysely, sql } from 'kysely';
import { type Actor, isSystemActor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { type Page, type PageRequest, pageOf } from '../pagination/page.ts';
import type { ClientSecrets } from './client-secrets.ts';
import type { ServiceClient } from './service-clients.ts';

/** A program that gets tokens of its own, as administrators see it. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly site: string | undefined;
  readonly scopes: readonly string[];
  readonly mayExchange: boolean;
  readonly disabled: boolean;
  readonly hasSecret: boolean;
  readonly publicKeys: readonly Readonly<Record<string, unknown>>[];
  readonly createdAt: Date;
}

export interface ServiceAccountChanges {
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly mayExchange?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  /** Checked JWKs. */
  readonly publicKeys?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export interface NewServiceAccount extends ServiceAccountChanges {
  readonly id: string;
  readonly site: string | undefined;
  readonly scopes: readonly string[];
  readonly withSecret: boolean;
}

export interface ServiceAccounts {
  /** With the secret, which is shown this once. Throws client_exists, site_not_found. */
  create(by: Actor, account: NewServiceAccount): Promise<{ account: ServiceAccount; secret: string | undefined }>;
  list(request: PageRequest): Promise<Page<ServiceAccount>>;
  /** Throws client_not_found. */
  get(id: string): Promise<ServiceAccount>;
  /** Tokens that the account holds end, unless only its name changes. Throws client_not_found. */
  update(by: Actor, id: string, changes: ServiceAccountChanges): Promise<ServiceAccount>;
  /** Tokens that the account holds end. Throws client_not_found. */
  remove(by: Actor, id: string): Promise<void>;
}

export interface ServiceAccountsOptions {
  readonly database: Kysely<AuthTables>;
  readonly configured: readonly ServiceClient[];
  readonly secrets: Pick<ClientSecrets, 'createFirst' | 'endSessions'>;
  readonly audit: Audit;
  now(): number;
  /** A new unguessable id. */
  randomId(): string;
}

const columns = [
  'id',
  'name',
  'site_id as site',
  'scopes',
  'may_exchange as mayExchange',
  'disabled',
  'public_keys as publicKeys',
  'created_at as createdAt',
] as const;

function hasSecretAt(at: number) {
  return sql<boolean>`exists (
    select from client_secrets
    where client_id = service_accounts.id and (expires_at is null or expires_at > ${new Date(at)})
  )`.as('hasSecret');
}

export function createServiceAccounts(options: ServiceAccountsOptions): ServiceAccounts {
  const { database, configured, secrets, audit, now } = options;

  const accounts = (from: Kysely<AuthTables> = database) =>
    from.selectFrom('service_accounts').select(columns).select(hasSecretAt(now()));

  async function find(id: string, from: Kysely<AuthTables> = database): Promise<ServiceAccount> {
    const row = await accounts(from).where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw problem('client_not_found');
    return accountOf(row);
  }

  return {
    create: async (by, { id, name = id, site, withSecret, ...given }) => {
      if (configured.some((client) => client.id === id) || isSystemActor(id)) throw problem('client_exists');
      const at = new Date(now());
      try {
        return await database.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('service_accounts')
            .values({
              id,
              name,
              site_id: site ?? null,
              scopes: [...given.scopes],
              may_exchange: given.mayExchange ?? false,
              disabled: given.disabled ?? false,
              public_keys: given.publicKeys === undefined ? null : JSON.stringify(given.publicKeys),
              session_id: options.randomId(),
              created_at: at,
              updated_at: at,
            })
            .execute();
          const secret = withSecret ? await secrets.createFirst(transaction, id) : undefined;
          const account = await find(id, transaction);
          const details = { scopes: given.scopes, may_exchange: given.mayExchange };
          await audit.append(transaction, by, { action: 'client.create', site, target: id, details });
          return { account, secret };
        });
      } catch (error) {
        if (isUniqueViolation(error, 'service_accounts_pkey')) throw problem('client_exists');
        if (isForeignKeyViolation(error, 'service_accounts_site_id_fkey')) throw problem('site_not_found');
        throw error;
      }
    },
    list: async ({ limit, after, like }) => {
      let query = accounts()
        .orderBy('id')
        .limit(limit + 1);
      if (after !== undefined) query = query.where('id', '>', after);
      if (like !== undefined) {
        query = query.where((where) =>
          where.or([where('id', 'like', like), where(where.fn<string>('lower', ['name']), 'like', like)]),
        );
      }
      const page = pageOf(await query.execute(), limit, (row) => row.id);
      return { items: page.items.map(accountOf), nextCursor: page.nextCursor };
    },
    get: (id) => find(id),
    update: async (by, id, changes) => {
      const { name, scopes, mayExchange, disabled, publicKeys } = changes;
      const isOnlyName = [scopes, mayExchange, disabled, publicKeys].every((change) => change === undefined);
      return database.transaction().execute(async (transaction) => {
        const changed = await transaction
          .updateTable('service_accounts')
          .set({
            ...(name !== undefined && { name }),
            ...(scopes !== undefined && { scopes: [...scopes] }),
            ...(mayExchange !== undefined && { may_exchange: mayExchange }),
            ...(disabled !== undefined && { disabled }),
            ...(publicKeys !== undefined && { public_keys: JSON.stringify(publicKeys) }),
            updated_at: new Date(now()),
          })
          .where('id', '=', id)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 0n) throw problem('client_not_found');
        if (!isOnlyName) await secrets.endSessions(transaction, id);
        const account = await find(id, transaction);
        const details = { changed: Object.keys(changes), scopes, disabled };
        await audit.append(transaction, by, { action: 'client.change', site: account.site, target: id, details });
        return account;
      });
    },
    remove: (by, id) =>
      database.transaction().execute(async (transaction) => {
        const { site } = await find(id, transaction);
        await secrets.endSessions(transaction, id);
        await transaction.deleteFrom('service_accounts').where('id', '=', id).execute();
        await audit.append(transaction, by, { action: 'client.remove', site, target: id });
      }),
  };
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly site: string | null;
  readonly scopes: readonly string[];
  readonly mayExchange: boolean;
  readonly disabled: boolean;
  readonly hasSecret: boolean;
  readonly publicKeys: readonly Record<string, unknown>[] | null;
  readonly createdAt: Date;
}

function accountOf({ publicKeys, site, ...row }: AccountRow): ServiceAccount {
  return { ...row, site: site ?? undefined, publicKeys: publicKeys ?? [] };
}
