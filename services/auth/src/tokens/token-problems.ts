import { TokenRefusal } from '@gaia/jwt/refusal';
import { tokenMissing } from '@gaia/token-guard/problems';
import { refuseToken } from '../errors.ts';

/** What the verifier throws as a problem of this service; anything else as it is. */
export function tokenProblem(error: unknown): unknown {
  if (!(error instanceof TokenRefusal)) return error;
  if (error.code === 'token_missing') return tokenMissing();
  return refuseToken(error.code, error.reason);
}
