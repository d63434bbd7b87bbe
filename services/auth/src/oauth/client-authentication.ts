import type { State } from '@gaia/state/state';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { ASSERTION_TYPE, claimedClient, verifyClientAssertion } from './client-assertion.ts';
import {
  type AuthenticatedClient,
  type ClientSecret,
  type FindClient,
  type OAuthClient,
  secretOf,
} from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export interface Presented {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  readonly form: ReadonlyMap<string, string>;
  readonly by: Actor;
}

/** Which client makes a request, by what it shows. Throws invalid_request, invalid_client. */
export type AuthenticateClient = (presented: Presented) => Promise<AuthenticatedClient>;

type Credentials =
  | { readonly id: string; readonly secret: string }
  | { readonly id: string; readonly assertion: string };

export function createClientAuthentication(options: {
  readonly findClient: FindClient;
  /** Names of this server that an assertion may be for. */
  readonly audiences: readonly string[];
  readonly state: Pick<State, 'consumeOnce'>;
  readonly audit: Pick<Audit, 'note'>;
  noteUse(secret: ClientSecret): Promise<void>;
  now(): number;
}): AuthenticateClient {
  const { findClient, audiences, state, audit, noteUse, now } = options;

  async function check(credentials: Credentials, client: OAuthClient | undefined): Promise<AuthenticatedClient> {
    if ('secret' in credentials) {
      const secret = secretOf(client, credentials.secret);
      if (client !== undefined && secret !== undefined) {
        await noteUse(secret);
        return { ...client, credential: secret };
      }
    } else if (client !== undefined) {
      await verifyClientAssertion(credentials.assertion, client, { audiences, state, now: now() });
      return { ...client, credential: { sessionId: client.keysSessionId, expiresAt: undefined } };
    }
    throw new OAuthError('invalid_client', 'The client is unknown, or what it shows is wrong.');
  }

  return async ({ authorization, form, by }) => {
    const credentials = credentialsOf(authorization, form);
    const client = await findClient(credentials.id);
    try {
      return await check(credentials, client);
    } catch (error) {
      const target = client?.id;
      if (target !== undefined) await audit.note(by, { action: 'client.authenticate', outcome: 'refused', target });
      throw error;
    }
  };
}

/** Whether a client shows anything at all. */
export function hasCredentials(authorization: string | undefined, form: ReadonlyMap<string, string>): boolean {
  return authorization !== undefined || form.has('client_secret') || form.has('client_assertion');
}

/**
 * The client's credentials: the Basic scheme, the body or an assertion, never two of them (RFC 6749 §2.3, RFC 7521 §4.2).
 * Throws invalid_request, invalid_client.
 */
function credentialsOf(authorization: string | undefined, form: ReadonlyMap<string, string>): Credentials {
  const ways = [authorization, form.get('client_secret'), form.get('client_assertion')];
  if (ways.filter((way) => way !== undefined).length > 1) {
    throw new OAuthError('invalid_request', 'The client authenticates in two ways.');
  }
  const credentials = authorization === undefined ? credentialsOfForm(form) : readBasic(authorization);
  const id = form.get('client_id');
  if (id !== undefined && id !== credentials.id) throw new OAuthError('invalid_request', 'Two clients are named.');
  return credentials;
}

function credentialsOfForm(form: ReadonlyMap<string, string>): Credentials {
  const assertion = form.get('client_assertion');
  if (assertion !== undefined) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`);
    }
    return { id: claimedClient(assertion) ?? '', assertion };
  }
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (id === undefined || secret === undefined) throw new OAuthError('invalid_client', 'The client must authenticate.');
  return { id, secret };
}

/** RFC 7617 §2, with both halves form-encoded as RFC 6749 §2.3.1 asks. */
function readBasic(authorization: string): Credentials {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw new OAuthError('invalid_client', 'The Authorization header cannot be read.');
  return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    throw new OAuthError('invalid_client', 'The Authorization header cannot be read.');
  }
}
