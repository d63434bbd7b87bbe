import { isForeignKeyViolation, isUniqueViolation } from '@gaia/database/errors';
import type { Kysely } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { Origin } from '../audit/origin.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import { type Page, type PageRequest, pageOf } from '../pages/page.ts';
import type { CutOffs } from '../revocation/cut-offs.ts';
import { readClientKeys } from './client-keys.ts';
import { digestOf, type FindClient } from './oauth-client.ts';
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
  create(by: Origin, account: NewServiceAccount): Promise<{ account: ServiceAccount; secret: string | undefined }>;
  list(request: PageRequest): Promise<Page<ServiceAccount>>;
  /** Throws client_not_found. */
  get(id: string): Promise<ServiceAccount>;
  /** Tokens that the account holds end. Throws client_not_found. */
  update(by: Origin, id: string, changes: ServiceAccountChanges): Promise<ServiceAccount>;
  /** A new secret in the place of the old one, which is refused from now on. Throws client_not_found. */
  newSecret(by: Origin, id: string): Promise<string>;
  /** Throws client_not_found. */
  remove(by: Origin, id: string): Promise<void>;
  /** What may authenticate: those of the configuration before those of the database. */
  readonly findClient: FindClient;
}

export interface ServiceAccountsOptions {
  readonly database: Kysely<AuthTables>;
  readonly configured: readonly ServiceClient[];
  readonly cutOffs: Pick<CutOffs, 'cutOffSubject'>;
  readonly audit: Audit;
  now(): number;
  randomBytes(size: number): Buffer;
}

const columns = [
  'id',
  'name',
  'site_id as site',
  'scopes',
  'may_exchange as mayExchange',
  'disabled',
  'secret_digest as secretDigest',
  'public_keys as publicKeys',
  'created_at as createdAt',
] as const;

export function createServiceAccounts(options: ServiceAccountsOptions): ServiceAccounts {
  const { database, configured, cutOffs, audit, now } = options;

  /** The prefix lets scanners of repositories and logs know it for what it is. */
  const makeSecret = () => `gaia_secret_${options.randomBytes(32).toString('base64url')}`;

  async function find(id: string) {
    return database.selectFrom('service_accounts').select(columns).where('id', '=', id).executeTakeFirst();
  }

  return {
    findClient: async (id) => {
      const own = configured.find((client) => client.id === id);
      if (own !== undefined) return { ...own, publicKeys: [], site: undefined, mayExchange: false };
      const row = await find(id);
      if (row === undefined || row.disabled) return undefined;
      return {
        id: row.id,
        secretDigest: row.secretDigest ?? undefined,
        publicKeys: readClientKeys(row.publicKeys ?? []),
        scopes: row.scopes,
        site: row.site ?? undefined,
        mayExchange: row.mayExchange,
      };
    },
    create: async (by, { id, name = id, site, withSecret, ...given }) => {
      if (configured.some((client) => client.id === id)) throw problem('client_exists');
      const secret = withSecret ? makeSecret() : undefined;
      const at = new Date(now());
      try {
        const row = await database.transaction().execute(async (transaction) => {
          const made = await transaction
            .insertInto('service_accounts')
            .values({
              id,
              name,
              site_id: site ?? null,
              scopes: [...given.scopes],
              may_exchange: given.mayExchange ?? false,
              disabled: given.disabled ?? false,
              secret_digest: secret === undefined ? null : digestOf(secret),
              public_keys: given.publicKeys === undefined ? null : JSON.stringify(given.publicKeys),
              created_at: at,
              updated_at: at,
            })
            .returning(columns)
            .executeTakeFirstOrThrow();
          const details = { scopes: given.scopes, may_exchange: given.mayExchange };
          await audit.append(transaction, by, { action: 'client.create', site, target: id, details });
          return made;
        });
        return { account: accountOf(row), secret };
      } catch (error) {
        if (isUniqueViolation(error, 'service_accounts_pkey')) throw problem('client_exists');
        if (isForeignKeyViolation(error, 'service_accounts_site_id_fkey')) throw problem('site_not_found');
        throw error;
      }
    },
    list: async ({ limit, after, like }) => {
      let query = database
        .selectFrom('service_accounts')
        .select(columns)
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
    get: async (id) => {
      const row = await find(id);
      if (row === undefined) throw problem('client_not_found');
      return accountOf(row);
    },
    update: async (by, id, changes) => {
      const { name, scopes, mayExchange, disabled, publicKeys } = changes;
      const row = await database.transaction().execute(async (transaction) => {
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
          .returning(columns)
          .executeTakeFirst();
        if (changed === undefined) throw problem('client_not_found');
        const details = { changed: Object.keys(changes), scopes, disabled };
        await audit.append(transaction, by, {
          action: 'client.change',
          site: changed.site ?? undefined,
          target: id,
          details,
        });
        return changed;
      });
      await cutOffs.cutOffSubject(id);
      return accountOf(row);
    },
    newSecret: async (by, id) => {
      const secret = makeSecret();
      await database.transaction().execute(async (transaction) => {
        const changed = await transaction
          .updateTable('service_accounts')
          .set({ secret_digest: digestOf(secret), updated_at: new Date(now()) })
          .where('id', '=', id)
          .returning(['id', 'site_id as site'])
          .executeTakeFirst();
        if (changed === undefined) throw problem('client_not_found');
        await audit.append(transaction, by, { action: 'client.secret', site: changed.site ?? undefined, target: id });
      });
      return secret;
    },
    remove: async (by, id) => {
      const removed = await database.transaction().execute(async (transaction) => {
        const row = await transaction
          .deleteFrom('service_accounts')
          .where('id', '=', id)
          .returning(['id', 'site_id as site'])
          .executeTakeFirst();
        if (row !== undefined) {
          await audit.append(transaction, by, { action: 'client.remove', site: row.site ?? undefined, target: id });
        }
        return row;
      });
      // Also when there was none: after a failure here the caller's second attempt must still cut.
      await cutOffs.cutOffSubject(id);
      if (removed === undefined) throw problem('client_not_found');
    },
  };
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly site: string | null;
  readonly scopes: readonly string[];
  readonly mayExchange: boolean;
  readonly disabled: boolean;
  readonly secretDigest: Buffer | null;
  readonly publicKeys: readonly Record<string, unknown>[] | null;
  readonly createdAt: Date;
}

function accountOf({ secretDigest, publicKeys, site, ...row }: AccountRow): ServiceAccount {
  return { ...row, site: site ?? undefined, hasSecret: secretDigest !== null, publicKeys: publicKeys ?? [] };
}
