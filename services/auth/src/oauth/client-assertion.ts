import { preflight } from '@gaia/jwt/preflight';
import { type RefusalReason, TokenRefusal } from '@gaia/jwt/refusal';
import { type SignatureCheck, verifyWithAny } from '@gaia/jwt/signature';
import { verifyToken } from '@gaia/jwt/verify';
import type { State } from '@gaia/state/state';
import { CLOCK_SKEW_SECONDS, tokenPurposes } from '@gaia/tokens/purposes';
import type { OAuthClient } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Longest time that an assertion may be good for: so long its id is remembered. */
const MAX_SECONDS = tokenPurposes.clientAssertion.lifetimeSeconds;

/** Who an assertion says that it comes from, unverified; undefined if it says nothing that can be read. */
export function claimedClient(assertion: string): string | undefined {
  try {
    const { iss } = preflight('clientAssertion', assertion).payload;
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
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
  const rules = { signature: signatureOf(client), issuer: client.id, audiences, isMaker: false, now };
  const { sub, exp, jti } = await verifyToken('clientAssertion', assertion, rules).catch((error: unknown) => {
    if (error instanceof TokenRefusal) throw refusal(sentences[error.reason] ?? 'cannot be read');
    throw error;
  });
  if (sub !== client.id) throw refusal('is not of this client');
  if (exp > now / 1_000 + MAX_SECONDS + CLOCK_SKEW_SECONDS) throw refusal('is good for too long');
  const isNew = await state.consumeOnce('client-assertion', `${client.id} ${jti}`, exp * 1_000, now);
  if (!isNew) throw refusal('was used before');
}

/** A key that the token names must be the one; otherwise any of the client's will do. */
function signatureOf({ publicKeys }: OAuthClient): SignatureCheck {
  return (token) =>
    verifyWithAny(
      token,
      publicKeys.filter(({ kid }) => token.kid === undefined || kid === token.kid),
    );
}

const sentences: Readonly<Partial<Record<RefusalReason, string>>> = {
  type_not_allowed: 'is of another type',
  algorithm_not_allowed: 'is not signed by this client',
  signature_wrong: 'is not signed by this client',
  issuer_unknown: 'is not of this client',
  audience_wrong: 'is not for this server',
  expired: 'has expired',
  issued_in_future: 'is of the future',
  not_yet_valid: 'is of the future',
};

function refusal(what: string): OAuthError {
  return new OAuthError('invalid_client', `The assertion ${what}.`);
}
