import { createHash, timingSafeEqual } from 'node:crypto';
import { scopes as knownScopes } from '@gaia/tokens/scopes';

/** A service that gets tokens of its own (RFC 6749 §4.4). Only a digest of its secret is kept. */
export interface ServiceClient {
  readonly id: string;
  readonly secretDigest: Buffer;
  /** All that it may ask for. */
  readonly scopes: readonly string[];
}

const MAX_CLIENTS = 64;
/** Shorter than a user's id, so that a client can never be taken for a user. */
const idSyntax = /^[a-z][a-z0-9-]{1,31}$/;
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
  const unknown = scopes.find((scope) => !Object.hasOwn(knownScopes, scope));
  if (unknown !== undefined) throw new Error(`gives ${id} the unknown scope ${unknown}`);
  if (scopes.length === 0) throw new Error(`gives ${id} no scope`);
  return Object.freeze({ id, secretDigest: digestOf(secret), scopes: Object.freeze([...new Set(scopes)]) });
}

/** The client that shows the right secret. The same work is done for clients that are not known. */
export function authenticateClient(
  clients: readonly ServiceClient[],
  credentials: { readonly id: string; readonly secret: string },
): ServiceClient | undefined {
  const client = clients.find((candidate) => candidate.id === credentials.id);
  const isRight = timingSafeEqual(digestOf(credentials.secret), client?.secretDigest ?? unknownDigest);
  return isRight ? client : undefined;
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Of no secret: the digest of a text that is too short to be one. */
const unknownDigest = digestOf('');
