import { grantableScopes } from '@gaia/tokens/scopes';
import { CLIENT_ID_PATTERN, digestOf, type OAuthClient } from './oauth-client.ts';

/** A service that gets tokens of its own (RFC 6749 §4.4). Only a digest of its secret is kept. */
export interface ServiceClient {
  readonly id: string;
  readonly secretDigest: Buffer;
  /** All that it may ask for. */
  readonly scopes: readonly string[];
}

const MAX_CLIENTS = 64;
const idSyntax = new RegExp(CLIENT_ID_PATTERN);
const secretSyntax = /^[A-Za-z0-9_~.+/=-]{16,256}$/;

/**
 * Reads `id=secret:scope scope,id=secret:scope`. Throws an Error whose message completes "SERVICE_CLIENTS …" and holds
 * no secret.
 */
export function readServiceClients(text: string): readonly ServiceClient[] {
  const clients = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(readServiceClient);
  if (clients.length > MAX_CLIENTS) throw new Error(`must have at most ${MAX_CLIENTS} clients`);
  if (new Set(clients.map((client) => client.id)).size < clients.length) throw new Error('names a client twice');
  return Object.freeze(clients);
}

function readServiceClient(entry: string): ServiceClient {
  const [, id = '', secret = '', scopeText = ''] = /^([^=]*)=([^:]*):(.*)$/s.exec(entry) ?? [];
  if (!idSyntax.test(id)) throw new Error('must look like `id=secret:scope scope,…`');
  if (!secretSyntax.test(secret)) throw new Error(`must give ${id} a secret of 16 to 256 base64 characters`);
  const scopes = scopeText.split(/\s+/).filter((scope) => scope !== '');
  const unknown = scopes.find((scope) => !(grantableScopes as readonly string[]).includes(scope));
  if (unknown !== undefined) throw new Error(`gives ${id} the unknown scope ${unknown}`);
  if (scopes.length === 0) throw new Error(`gives ${id} no scope`);
  return Object.freeze({ id, secretDigest: digestOf(secret), scopes: Object.freeze([...new Set(scopes)]) });
}

export function clientOfConfiguration({ id, secretDigest: digest, scopes }: ServiceClient): OAuthClient {
  const secret = { id: undefined, digest, sessionId: undefined, expiresAt: undefined, lastUsedAt: undefined };
  return {
    id,
    secrets: [secret],
    publicKeys: [],
    keysSessionId: undefined,
    scopes,
    site: undefined,
    mayExchange: false,
  };
}
