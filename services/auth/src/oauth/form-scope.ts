import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OAuthError } from './oauth-error.ts';

export const FORM = 'application/x-www-form-urlencoded';
/** A form can hold a token, which has at most 8 KiB, and an assertion. */
const FORM_LIMIT = 24_576;

/** A scope whose routes take forms and answer in the JSON of RFC 6749, refusals included. */
export async function withForms(app: Service, register: (scope: Service) => void): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain as unknown as Service;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: FORM_LIMIT }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler(sendOAuthError);
    // RFC 6749 §3.2: parameters that are not known are ignored, so the form is read by hand.
    scope.setValidatorCompiler(() => () => true);
    scope.addHook('onSend', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
    });
    register(scope);
  });
}

function sendOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toOAuthError(error);
  if (refusal.statusCode === 500) request.log.error({ err: refusal.cause }, 'an OAuth request failed');
  reply
    .code(refusal.statusCode)
    .headers(refusal.headers)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: refusal.code, error_description: refusal.message }));
}

function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  const { statusCode: status, code } = error as { statusCode?: unknown; code?: unknown };
  if (code === 'state_unavailable' || code === 'database_unavailable' || status === 503) {
    return new OAuthError('temporarily_unavailable', 'A part that this needs does not answer; try again.', {
      status: 503,
      cause: error,
    });
  }
  if (code === 'invalid_scope') return new OAuthError('invalid_scope', 'A permission is asked for that cannot be had.');
  // A grant that is refused is a 400 here (RFC 6749 §5.2), whatever it is elsewhere.
  if (typeof code === 'string' && code.startsWith('token_')) {
    const { extensions } = error as { extensions?: { cause?: string } };
    return new OAuthError('invalid_grant', `The token is not good: ${extensions?.cause ?? code}.`);
  }
  if (status === 415) return new OAuthError('invalid_request', `The body must be ${FORM}.`);
  if (status === 413) return new OAuthError('invalid_request', 'The request is too large.', { status });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new OAuthError('invalid_request', 'The request cannot be understood.');
  }
  return new OAuthError('server_error', 'Something went wrong on our side.', { status: 500, cause: error });
}
