import { type Problem, problem } from '@gaia/http-service/problem';
import { KeysUnavailable, TokenRefusal } from '@gaia/jwt/refusal';

const REALM = 'Bearer realm="gaia"';

/** The problem for what the verifier throws; anything else is given back as it is. */
export function problemOfRefusal(error: unknown): unknown {
  if (error instanceof KeysUnavailable) {
    return problem('keys_unavailable', { headers: { 'retry-after': '1' } });
  }
  if (!(error instanceof TokenRefusal)) return error;
  return problem(error.code, {
    detail: sentence(error.message),
    headers: { 'www-authenticate': challenge(error) },
  });
}

/** RFC 6750 §3 and §3.1: a request without a token is told the scheme and no error. */
function challenge({ code, message }: TokenRefusal): string {
  return code === 'token_missing' ? REALM : `${REALM}, error="invalid_token", error_description="${message}"`;
}

/** A request without a token is told the scheme and no error (RFC 6750 §3.1). */
export function tokenMissing(): Problem {
  return problem('token_missing', { headers: { 'www-authenticate': REALM } });
}

/** 401 with the age that the user's authentication may have, in seconds (RFC 9470 §3). */
export function insufficientAuthentication(maxAge: number): Problem {
  return problem('insufficient_user_authentication', {
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
  return problem('insufficient_scope', {
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
