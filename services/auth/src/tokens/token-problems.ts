import { TokenRefusal } from '@gaia/jwt/refusal';
import { BARE_CHALLENGE, problem, refuseToken } from '../errors.ts';

/** What the verifier throws as a problem of this service; anything else as it is. */
export function tokenProblem(error: unknown): unknown {
  if (!(error instanceof TokenRefusal)) return error;
  if (error.code === 'token_missing') return problem('token_missing', { headers: BARE_CHALLENGE });
  return refuseToken(error.code, error.reason);
}
