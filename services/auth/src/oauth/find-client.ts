import { type Kysely, sql } from 'kysely';
import type { AuthTables } from '../database.ts';
import { readClientKeys } from './client-keys.ts';
import type { ClientSecret, FindClient } from './oauth-client.ts';
import { clientOfConfiguration, type ServiceClient } from './service-clients.ts';

interface ClientRow {
  readonly scopes: readonly string[];
  readonly site: string | null;
  readonly may_exchange: boolean;
  readonly public_keys: readonly Record<string, unknown>[] | null;
  readonly session_id: string;
  readonly secret_id: string | null;
  readonly digest: Buffer;
  readonly secret_session_id: string;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

/** What may authenticate: clients of the configuration before those of the database. */
export function createFindClient(options: {
  readonly database: Kysely<AuthTables>;
  readonly configured: readonly ServiceClient[];
  now(): number;
}): FindClient {
  const { database, configured, now } = options;
  return async (id) => {
    const own = configured.find((client) => client.id === id);
    if (own !== undefined) return clientOfConfiguration(own);
    // One statement: rights of one moment with a session id of another would outlive the change between them.
    const { rows } = await sql<ClientRow>`
      select scopes, site_id as site, may_exchange, public_keys, service_accounts.session_id,
        client_secrets.id as secret_id, digest, client_secrets.session_id as secret_session_id, expires_at, last_used_at
      from service_accounts left join client_secrets
        on client_id = service_accounts.id and (expires_at is null or expires_at > ${new Date(now())})
      where service_accounts.id = ${id} and not disabled`.execute(database);
    const [row] = rows;
    if (row === undefined) return undefined;
    return {
      id,
      secrets: rows.flatMap(secretOfRow),
      publicKeys: await readClientKeys(row.public_keys ?? []),
      keysSessionId: row.session_id,
      scopes: row.scopes,
      site: row.site ?? undefined,
      mayExchange: row.may_exchange,
    };
  };
}

function secretOfRow(row: ClientRow): ClientSecret[] {
  if (row.secret_id === null) return [];
  return [
    {
      id: row.secret_id,
      digest: row.digest,
      sessionId: row.secret_session_id,
      expiresAt: row.expires_at?.getTime(),
      lastUsedAt: row.last_used_at?.getTime(),
    },
  ];
}
