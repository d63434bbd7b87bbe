import type { State } from '@gaia/state/state';
import { CLOCK_SKEW_SECONDS } from '@gaia/tokens/purposes';
import { decodeSegment } from '../tokens/compact-jws.ts';
import { isSignedWith } from './client-keys.ts';
import type { OAuthClient } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Longest time that an assertion may be good for: so long its id is remembered. */
const MAX_SECONDS = 300;

/** What an assertion may say that it is. A JWT that the client has made for something else, with the same key, is none. */
const types: readonly unknown[] = [undefined, 'jwt', 'client-authentication+jwt'];

/** Who an assertion says that it comes from, unverified; undefined if it says nothing. */
export function claimedClient(assertion: string): string | undefined {
  const { iss } = decodeSegment(assertion.split('.')[1] ?? '') ?? {};
  return typeof iss === 'string' ? iss : undefined;
}

/**
 * Checks a client's own JWT (`private_key_jwt`, RFC 7523 §3): signed by one of its keys, from it and about it, for this
 * server, not expired, and never seen before. Throws invalid_client.
 */
export async function verifyClientAssertion(
  assertion: string,
  client: OAuthClient,
  { audiences, state, now }: { audiences: readonly string[]; state: Pick<State, 'consumeOnce'>; now: number },
): Promise<void> {
  const [head = '', payload = '', signature = '', ...rest] = assertion.split('.');
  const header = decodeSegment(head);
  const claims = decodeSegment(payload);
  if (rest.length > 0 || header === undefined || claims === undefined) throw refusal('cannot be read');
  // RFC 8725 §3.11
  if (!types.includes(typeof header.typ === 'string' ? header.typ.toLowerCase() : header.typ)) {
    throw refusal('is of another type');
  }
  checkSignature(client, header, `${head}.${payload}`, signature);

  const { iss, sub, aud, exp, iat, nbf, jti } = claims;
  if (iss !== client.id || sub !== client.id) throw refusal('is not of this client');
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!named.some((one) => typeof one === 'string' && audiences.includes(one))) throw refusal('is not for this server');
  const seconds = now / 1_000;
  if (typeof exp !== 'number' || exp <= seconds - CLOCK_SKEW_SECONDS) throw refusal('has expired');
  if (exp > seconds + MAX_SECONDS + CLOCK_SKEW_SECONDS) throw refusal('is good for too long');
  for (const from of [iat, nbf]) {
    if (from !== undefined && !(typeof from === 'number' && from <= seconds + CLOCK_SKEW_SECONDS)) {
      throw refusal('is of the future');
    }
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) throw refusal('has no id');
  const isNew = await state.consumeOnce('client-assertion', `${client.id} ${jti}`, exp * 1_000, now);
  if (!isNew) throw refusal('was used before');
}

/** RFC 8725 §3.1: the algorithm is the key's, and the header only may name it. */
function checkSignature(
  client: OAuthClient,
  header: Readonly<Record<string, unknown>>,
  signedText: string,
  signature: string,
): void {
  const bytes = Buffer.from(signature, 'base64url');
  const isCanonical = bytes.toString('base64url') === signature;
  if (!isCanonical || Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) throw refusal('cannot be read');
  const keys = client.publicKeys.filter(
    ({ algorithm, kid }) => algorithm === header.alg && (header.kid === undefined || kid === header.kid),
  );
  if (!keys.some((key) => isSignedWith(key, signedText, bytes))) throw refusal('is not signed by this client');
}

function refusal(what: string): OAuthError {
  return new OAuthError('invalid_client', `The assertion ${what}.`);
}
