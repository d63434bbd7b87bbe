import { defineProblems, type Problem } from '@gaia/http-service/problem';
import { KeysUnavailable, TokenRefusal } from '@gaia/jwt/refusal';

/** What a guarded route can answer instead of its own answer. */
export const guardProblem = defineProblems({
  token_missing: { status: 401, title: 'An access token is needed' },
  token_malformed: { status: 401, title: 'The access token cannot be read' },
  token_expired: { status: 401, title: 'The access token has expired' },
  token_invalid: { status: 401, title: 'The access token is not valid here' },
  token_revoked: { status: 401, title: 'The access token has been revoked' },
  insufficient_user_authentication: { status: 401, title: 'Recent authentication required' },
  insufficient_scope: { status: 403, title: 'The access token does not permit this' },
  forbidden: { status: 403, title: 'This is not permitted to you' },
  keys_unavailable: { status: 503, title: 'Access tokens cannot be verified at the moment' },
  revocations_stale: { status: 503, title: 'It cannot be told at the moment whether the access token was revoked' },
});

const REALM = 'Bearer realm="gaia"';

/** The problem for what the verifier throws; anything else is given back as it is. */
export function problemOfRefusal(error: unknown): unknown {
  if (error instanceof KeysUnavailable) {
    return guardProblem('keys_unavailable', { headers: { 'retry-after': '1' } });
  }
  if (!(error instanceof TokenRefusal)) return error;
  return guardProblem(error.code, {
    detail: sentence(error.message),
    headers: { 'www-authenticate': challenge(error) },
  });
}

/** RFC 6750 §3 and §3.1: a request without a token is told the scheme and no error. */
function challenge({ code, message }: TokenRefusal): string {
  return code === 'token_missing' ? REALM : `${REALM}, error="invalid_token", error_description="${message}"`;
}

/** 401 with the age that the user's authentication may have, in seconds (RFC 9470 §3). */
export function insufficientAuthentication(maxAge: number): Problem {
  return guardProblem('insufficient_user_authentication', {
    detail: `The user must have authenticated within the last ${maxAge} seconds.`,
    headers: {
      'www-authenticate':
        `${REALM}, error="insufficient_user_authentication", ` +
        `error_description="more recent authentication is required", max_age="${maxAge}"`,
    },
    extensions: { max_age: maxAge },
  });
}

/** 403 with the permissions that would have been needed (RFC 6750 §3.1 `insufficient_scope`). */
export function insufficientScope(scopes: readonly string[]): Problem {
  const needed = scopes.join(' ');
  return guardProblem('insufficient_scope', {
    detail: `Needed: ${needed}.`,
    headers: {
      'www-authenticate':
        `${REALM}, error="insufficient_scope", ` +
        `error_description="the token does not have the needed scope", scope="${needed}"`,
    },
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
