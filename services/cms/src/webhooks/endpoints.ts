import { randomUUIDv7 } from 'node:crypto';
import type { Actor } from '@gaia/audit-log/actor';
import type { Sealer } from '@gaia/sealed-values/sealer';
import type { Audit } from '../audit.ts';
import type { CmsDatabase, CmsTransaction, WebhookEndpointTable } from '../database.ts';
import { problem } from '../errors.ts';
import { inTransaction } from '../transactions.ts';
import type { RandomBytes } from '../values/uuid.ts';
import { contextOfSecret } from './sealed-secrets.ts';

export type Endpoint = WebhookEndpointTable;

export interface EndpointInput {
  readonly name: string;
  /** Where the sender puts its token: the Authorization header, another header, or a member of the JSON body. */
  readonly token_in?: Endpoint['token_in'];
  readonly token_name?: string;
  /** Where the message stands: in the body, whose digest the token then carries, or in the token's claim `event`. */
  readonly message?: Endpoint['message'];
  /** The sender's own secret; one is made if absent. */
  readonly secret?: string;
}

export interface EndpointsDependencies {
  readonly database: CmsDatabase;
  readonly sealer: Sealer;
  readonly audit: Audit;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
}

/** Endpoints of a site that take messages of other systems. All throw `webhook_not_found`. */
export interface Endpoints {
  list(site: string): Promise<Endpoint[]>;
  get(site: string, id: string): Promise<Endpoint>;
  /** Gives the secret too, for the only time. Throws `too_many_webhooks`. */
  create(by: Actor, site: string, input: EndpointInput): Promise<{ endpoint: Endpoint; secret: string }>;
  change(
    by: Actor,
    site: string,
    id: string,
    input: { readonly name?: string; readonly enabled?: boolean },
  ): Promise<Endpoint>;
  /** Makes a new secret the current one; those before stay good for `overlapSeconds` (0: not at all). */
  rotate(
    by: Actor,
    site: string,
    id: string,
    input: { readonly secret?: string | undefined; readonly overlapSeconds: number },
  ): Promise<{ secret: string; previousUntil: number }>;
  remove(by: Actor, site: string, id: string): Promise<void>;
  /** An enabled endpoint, by its id alone, with its living secrets; undefined if there is none. */
  open(id: string): Promise<{ endpoint: Endpoint; secrets: string[] } | undefined>;
}

const MAX_ENDPOINTS = 50;
/** Secrets that are good at one time: the current one and those that it replaced lately. */
const MAX_SECRETS = 3;
const SECRET_BYTES = 32;

export function createEndpoints({ database, sealer, audit, now, randomBytes }: EndpointsDependencies): Endpoints {
  const ofSite = (site: string) => database.selectFrom('webhook_endpoints').selectAll().where('site', '=', site);
  const newSecret = () => Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  /** 126 random bits after a letter: a command would read an id that begins with a dash as an option. */
  const newId = () => `w${Buffer.from(randomBytes(16)).toString('base64url').slice(1)}`;

  async function addSecret(transaction: CmsTransaction, endpointId: string, secret: string): Promise<void> {
    const id = randomUUIDv7();
    const { sealed, kid } = sealer.seal(Buffer.from(secret), contextOfSecret(endpointId, id));
    await transaction
      .insertInto('webhook_secrets')
      .values({
        id,
        endpoint_id: endpointId,
        sealed,
        kek_version: kid,
        created_at: new Date(now()),
        expires_at: null,
      })
      .execute();
  }

  async function create(by: Actor, site: string, input: EndpointInput) {
    const { length } = await ofSite(site).execute();
    if (length >= MAX_ENDPOINTS) throw problem('too_many_webhooks');
    const secret = input.secret ?? newSecret();
    const endpoint: Endpoint = {
      id: newId(),
      site,
      name: input.name,
      token_in: input.token_in ?? 'authorization',
      token_name: input.token_name ?? null,
      message: input.message ?? (input.token_in === 'body' ? 'token' : 'body'),
      enabled: true,
      created_at: new Date(now()),
      updated_at: new Date(now()),
    };
    await inTransaction(database, async (transaction) => {
      await transaction.insertInto('webhook_endpoints').values(endpoint).execute();
      await addSecret(transaction, endpoint.id, secret);
      await audit.append(transaction, by, { action: 'webhook.create', site, target: endpoint.id });
    });
    audit.committed();
    return { endpoint, secret };
  }

  async function rotate(
    by: Actor,
    site: string,
    id: string,
    { secret = newSecret(), overlapSeconds }: { secret?: string | undefined; overlapSeconds: number },
  ) {
    const previousUntil = now() + overlapSeconds * 1_000;
    await inTransaction(database, async (transaction) => {
      const endpoint = await transaction
        .selectFrom('webhook_endpoints')
        .select('id')
        .where('site', '=', site)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst();
      found(endpoint);
      await transaction
        .updateTable('webhook_secrets')
        .set((expression) => ({
          expires_at: expression.fn<Date>('least', [
            expression.fn.coalesce('expires_at', expression.val(new Date(previousUntil))),
            expression.val(new Date(previousUntil)),
          ]),
        }))
        .where('endpoint_id', '=', id)
        .execute();
      const all = await transaction
        .selectFrom('webhook_secrets')
        .select(['id', 'expires_at'])
        .where('endpoint_id', '=', id)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      const living = all.filter((row) => row.expires_at !== null && row.expires_at.getTime() > now());
      const kept = living.slice(0, MAX_SECRETS - 1).map((row) => row.id);
      const gone = all.map((row) => row.id).filter((secretId) => !kept.includes(secretId));
      if (gone.length > 0) await transaction.deleteFrom('webhook_secrets').where('id', 'in', gone).execute();
      await addSecret(transaction, id, secret);
      const details = { overlap_seconds: overlapSeconds };
      await audit.append(transaction, by, { action: 'webhook.rotate', site, target: id, details });
    });
    audit.committed();
    return { secret, previousUntil };
  }

  async function open(id: string) {
    const endpoint = await database
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('id', '=', id)
      .where('enabled', '=', true)
      .executeTakeFirst();
    if (endpoint === undefined) return undefined;
    const rows = await database.selectFrom('webhook_secrets').selectAll().where('endpoint_id', '=', id).execute();
    const secrets = rows
      .filter((row) => row.expires_at === null || row.expires_at.getTime() > now())
      .flatMap(
        (row) =>
          sealer.open({ sealed: row.sealed, kid: row.kek_version }, contextOfSecret(id, row.id))?.toString() ?? [],
      );
    if (secrets.length === 0) throw new Error('no secret of a webhook endpoint can be opened: was CMS_KEK changed?');
    return { endpoint, secrets };
  }

  return {
    list: (site) => ofSite(site).orderBy('created_at').orderBy('id').execute(),
    get: async (site, id) => found(await ofSite(site).where('id', '=', id).executeTakeFirst()),
    create,
    change: async (by, site, id, input) => {
      const changed = await inTransaction(database, async (transaction) => {
        const row = await transaction
          .updateTable('webhook_endpoints')
          .set({ ...input, updated_at: new Date(now()) })
          .where('site', '=', site)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst();
        const details = { fields: Object.keys(input), enabled: input.enabled };
        await audit.append(transaction, by, { action: 'webhook.change', site, target: found(row).id, details });
        return found(row);
      });
      audit.committed();
      return changed;
    },
    rotate,
    remove: async (by, site, id) => {
      await inTransaction(database, async (transaction) => {
        const removed = await transaction
          .deleteFrom('webhook_endpoints')
          .where('site', '=', site)
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst();
        await audit.append(transaction, by, { action: 'webhook.remove', site, target: found(removed).id });
      });
      audit.committed();
    },
    open,
  };
}

function found<T>(endpoint: T | undefined): T {
  if (endpoint === undefined) throw problem('webhook_not_found');
  return endpoint;
}
