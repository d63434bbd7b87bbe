import { type RefusalReason, refusals } from '@gaia/jwt/refusal';
import { createApiClient } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';

/** What a running suite says of a token that is genuine: only its services know what has been revoked. */
export type Standing =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly reason: RefusalReason | undefined;
      readonly lines: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * Asks a service of the suite who the token's bearer is. Only for tokens that this suite's own keys have verified: any
 * other would be handed to a server that it is not for. Never throws Failure.
 */
export async function standingOf(
  accessToken: string,
  url: string,
  { fetch }: Pick<Context, 'fetch'>,
): Promise<Standing> {
  try {
    await createApiClient(url, { fetch }, accessToken).get('/cms/whoami');
    return { kind: 'accepted' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (!(error instanceof ApiProblem) || error.status !== 401) return { kind: 'unknown', message: error.message };
    return {
      kind: 'refused',
      code: error.code ?? 'token_invalid',
      reason: error.reason !== undefined && isReason(error.reason) ? error.reason : undefined,
      lines: [error.message, ...error.details],
    };
  }
}

function isReason(text: string): text is RefusalReason {
  return Object.hasOwn(refusals, text);
}
