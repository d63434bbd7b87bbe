import type { SessionCredential, SessionCredentials } from '../credentials/session-credentials.ts';
import type { MatchedRequest } from './forward.ts';

/** What a request goes to the service with. */
export interface RequestCredential {
  /** Of a browser's session. */
  readonly session: SessionCredential | undefined;
  /** The Authorization header that the request has brought; it goes on as it is. */
  readonly authorization: string | undefined;
  /** The token in it. */
  readonly bearer: string | undefined;
}

export async function authenticate(
  { request, reply, route }: MatchedRequest,
  authorization: string | undefined,
  options: { readonly credentials: SessionCredentials | undefined },
): Promise<RequestCredential> {
  const changesPrivilege = route.changesPrivilege === true;
  const session = await options.credentials?.resolve(request, reply, { changesPrivilege });
  return { session, authorization, bearer: bearerOf(authorization) };
}

/** The token that the service gets, if it is one. */
export function accessTokenOf({ session, bearer }: RequestCredential): string | undefined {
  return session === undefined ? bearer : session.accessToken();
}

/** The Authorization header for the service; a session may have another token each time. */
export function authorizationOf({ session, authorization }: RequestCredential): string | undefined {
  if (authorization !== undefined) return authorization;
  const accessToken = session?.accessToken();
  return accessToken === undefined ? undefined : `Bearer ${accessToken}`;
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trimStart();
  return token === '' || token.includes(' ') ? undefined : token;
}
