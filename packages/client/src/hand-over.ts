import { type ClientOptions, createClient, type TokenClient } from './client.ts';
import type { AnySite, SiteTypes } from './content/types.ts';
import type { CallOptions } from './http/http.ts';
import { base64url } from './runtime.ts';
import type { Session } from './session/session.ts';

/** What the site that a user goes to makes, and keeps until they are there (RFC 7636). */
export interface Challenge {
  /** Stays with who made it. */
  readonly verifier: string;
  /** Goes to the site that the user comes from. */
  readonly challenge: string;
}

export interface HandOver {
  /** Works once, at `origin`, with the verifier. */
  readonly token: string;
  readonly expires_in: number;
  readonly origin: string;
}

type AnyClient = Pick<TokenClient<Record<never, never>>, 'http' | 'takeTokens'>;

/** At the site that the user goes to. */
export async function createChallenge(): Promise<Challenge> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(digest)) };
}

/** At the site that the user comes from, signed in. Throws site_not_found, not_a_member. */
export async function handOver(
  client: Pick<AnyClient, 'http'>,
  { host, challenge, ...call }: { readonly host: string; readonly challenge: string } & CallOptions,
): Promise<HandOver> {
  const json = { host, nonce: challenge };
  return (await client.http.call('POST', '/auth/sso/hand-over', { ...call, json })).body as HandOver;
}

/** At the site that the user goes to: a session of the same sign-on. Throws token_invalid, token_expired, token_revoked. */
export async function acceptHandOver(
  client: AnyClient,
  { token, verifier, ...call }: { readonly token: string; readonly verifier: string } & CallOptions,
): Promise<Session> {
  const sentAt = Date.now();
  const json = { token, verifier };
  const response = await client.http.call('POST', '/auth/sso/exchange', { ...call, json, anonymous: true });
  return client.takeTokens(response, sentAt, 'sign_in');
}

/** A client for another site, signed in as the user of this one, without a second login. Sign-outs are each site's own. */
export async function openSite<Site extends SiteTypes<Site> = AnySite>(
  client: Pick<AnyClient, 'http'>,
  options: ClientOptions & { readonly site: string },
): Promise<TokenClient<Site>> {
  const { verifier, challenge } = await createChallenge();
  const { token } = await handOver(client, { host: options.site, challenge });
  const other = createClient<Site>(options);
  await acceptHandOver(other, { token, verifier });
  return other;
}
