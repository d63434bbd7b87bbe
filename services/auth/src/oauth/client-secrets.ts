import { type Kysely, sql, type Transaction } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { MAX_ACCESS_TOKEN_SECONDS } from '../revocation/revoker.ts';
import { type ClientSecret, digestOf } from './oauth-client.ts';

/** A secret as administrators see it. */
export interface ListedSecret {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  /** To the hour. */
  readonly lastUsedAt: Date | undefined;
}

export interface NewSecret {
  /** Seconds; no end if undefined. */
  readonly expiresIn: number | undefined;
  /** Seconds after which those that are there end, unless they do before; they stay as they are if undefined. */
  readonly previousExpiresIn: number | undefined;
}

export interface ClientSecrets {
  /** With the secret, which is shown this once. Throws client_not_found, too_many_secrets. */
  create(by: Actor, client: string, request: NewSecret): Promise<ListedSecret & { readonly secret: string }>;
  /** Those that are good now, the oldest first. Throws client_not_found. */
  list(client: string): Promise<readonly ListedSecret[]>;
  /** Ends a secret and all tokens that were obtained with it. Throws secret_not_found. */
  end(by: Actor, client: string, id: string): Promise<void>;
  /** The first secret of an account that is being made. */
  createFirst(transaction: Transaction<AuthTables>, client: string): Promise<string>;
  /** Ends all tokens of an account, and those to act for users; its credentials stay. Throws client_not_found. */
  endSessions(transaction: Transaction<AuthTables>, client: string): Promise<void>;
  /** Remembers that a client has authenticated with it. */
  noteUse(secret: ClientSecret): Promise<void>;
}

export interface ClientSecretsOptions {
  readonly database: Kysely<AuthTables>;
  readonly revoker: Pick<Revoker, 'endSession'>;
  readonly audit: Audit;
  now(): number;
  randomBytes(size: number): Buffer;
}

/** One in use, and the one that takes its place. */
const MAX_SECRETS = 2;
const USE_NOTED_EVERY_MS = 3_600_000;

const columns = ['id', 'created_at as createdAt', 'expires_at as expiresAt', 'last_used_at as lastUsedAt'] as const;

/** Secrets of service accounts: two at a time, so that one can take the place of another without an outage. */
export function createClientSecrets(options: ClientSecretsOptions): ClientSecrets {
  const { database, revoker, audit, now, randomBytes } = options;
  const randomId = () => randomBytes(16).toString('base64url');
  /** The prefix lets scanners of repositories and logs know it for what it is. */
  const makeSecret = () => `gaia_secret_${randomBytes(32).toString('base64url')}`;

  async function insert(transaction: Transaction<AuthTables>, client: string, expiresIn: number | undefined) {
    const at = now();
    const secret = makeSecret();
    const row = await transaction
      .insertInto('client_secrets')
      .values({
        id: randomId(),
        client_id: client,
        digest: digestOf(secret),
        session_id: randomId(),
        created_at: new Date(at),
        expires_at: expiresIn === undefined ? null : new Date(at + expiresIn * 1_000),
      })
      .returning(columns)
      .executeTakeFirstOrThrow();
    return { ...listed(row), secret };
  }

  /** The secrets that have not ended, with the account locked, so that they are all there are. Throws client_not_found. */
  async function lockLiving(transaction: Transaction<AuthTables>, client: string) {
    const account = await transaction
      .selectFrom('service_accounts')
      .select(['site_id', 'session_id'])
      .where('id', '=', client)
      .forUpdate()
      .executeTakeFirst();
    if (account === undefined) throw problem('client_not_found');
    await transaction
      .deleteFrom('client_secrets')
      .where('client_id', '=', client)
      .where('expires_at', '<=', new Date(now()))
      .execute();
    const secrets = await transaction
      .selectFrom('client_secrets')
      .select(['id', 'session_id', 'expires_at'])
      .where('client_id', '=', client)
      .orderBy('created_at')
      .execute();
    return { site: account.site_id ?? undefined, sessionId: account.session_id, secrets };
  }

  async function endBy(
    transaction: Transaction<AuthTables>,
    secret: { id: string; session_id: string; expires_at: Date | null },
    end: number,
  ): Promise<void> {
    if (secret.expires_at !== null && secret.expires_at.getTime() <= end) return;
    const outlived = end < now() + MAX_ACCESS_TOKEN_SECONDS * 1_000;
    await transaction
      .updateTable('client_secrets')
      .set({ expires_at: new Date(end), ...(outlived && { session_id: randomId() }) })
      .where('id', '=', secret.id)
      .execute();
    // Tokens of before could live longer than the secret. The client gets others, which do not.
    if (outlived) await revoker.endSession(secret.session_id);
  }

  return {
    create: (by, client, { expiresIn, previousExpiresIn }) =>
      database.transaction().execute(async (transaction) => {
        const { site, secrets } = await lockLiving(transaction, client);
        if (previousExpiresIn !== undefined) {
          for (const secret of secrets) await endBy(transaction, secret, now() + previousExpiresIn * 1_000);
        }
        if (previousExpiresIn !== 0 && secrets.length >= MAX_SECRETS) throw problem('too_many_secrets');
        const made = await insert(transaction, client, expiresIn);
        const details = { secret: made.id, expires_in: expiresIn, previous_expires_in: previousExpiresIn };
        await audit.append(transaction, by, { action: 'client.secret_create', site, target: client, details });
        return made;
      }),
    list: async (client) => {
      const account = await database
        .selectFrom('service_accounts')
        .select('id')
        .where('id', '=', client)
        .executeTakeFirst();
      if (account === undefined) throw problem('client_not_found');
      const rows = await database
        .selectFrom('client_secrets')
        .select(columns)
        .where('client_id', '=', client)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date(now()))]))
        .orderBy('created_at')
        .execute();
      return rows.map(listed);
    },
    end: (by, client, id) =>
      database.transaction().execute(async (transaction) => {
        const { site, secrets } = await lockLiving(transaction, client);
        const secret = secrets.find((one) => one.id === id);
        if (secret === undefined) throw problem('secret_not_found');
        await transaction.deleteFrom('client_secrets').where('id', '=', id).execute();
        // Before the commit: where this fails the secret is still there, and the caller can try again.
        await revoker.endSession(secret.session_id);
        await audit.append(transaction, by, {
          action: 'client.secret_end',
          site,
          target: client,
          details: { secret: id },
        });
      }),
    createFirst: async (transaction, client) => (await insert(transaction, client, undefined)).secret,
    endSessions: async (transaction, client) => {
      const { secrets, sessionId } = await lockLiving(transaction, client);
      for (const table of ['service_accounts', 'client_secrets'] as const) {
        const key = table === 'service_accounts' ? 'id' : 'client_id';
        await sql`
          update ${sql.table(table)} set session_id = gen_random_uuid()::text
          where ${sql.ref(key)} = ${client}`.execute(transaction);
      }
      for (const id of [sessionId, ...secrets.map((secret) => secret.session_id)]) await revoker.endSession(id);
    },
    noteUse: async ({ id, lastUsedAt = Number.NEGATIVE_INFINITY }) => {
      const at = now();
      if (id === undefined || at - lastUsedAt < USE_NOTED_EVERY_MS) return;
      await database
        .updateTable('client_secrets')
        .set({ last_used_at: new Date(at) })
        .where('id', '=', id)
        .execute();
    },
  };
}

function listed(row: { id: string; createdAt: Date; expiresAt: Date | null; lastUsedAt: Date | null }): ListedSecret {
  return { ...row, expiresAt: row.expiresAt ?? undefined, lastUsedAt: row.lastUsedAt ?? undefined };
}
