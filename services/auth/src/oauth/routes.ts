import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { AccessToken } from '../tokens/access-tokens.ts';
import { clientCredentialsOf } from './client-authentication.ts';
import { OAuthError } from './oauth-error.ts';
import { authenticateClient, type ServiceClient } from './service-clients.ts';
import { readTokenRequest } from './token-request.ts';

const TokenAnswer = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  scope: Type.String(),
});

const ErrorAnswer = Type.Object(
  { error: Type.String(), error_description: Type.String() },
  { description: 'RFC 6749 §5.2' },
);

export interface OAuthOptions {
  readonly clients: readonly ServiceClient[];
  issueForClient(client: ServiceClient, scope: string | undefined): Promise<AccessToken>;
}

const FORM = 'application/x-www-form-urlencoded';

/** `POST /oauth/token` (RFC 6749 §3.2). Everything here answers in that RFC's JSON, refusals included. */
export async function registerOAuth(app: Service, { clients, issueForClient }: OAuthOptions): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain as unknown as Service;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(FORM, { parseAs: 'string', bodyLimit: 16_384 }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler(sendOAuthError);
    // RFC 6749 §3.2: parameters that are not known are ignored, so the form is read by hand.
    scope.setValidatorCompiler(() => () => true);
    scope.post(
      '/oauth/token',
      {
        schema: {
          summary: 'A token for a service (client credentials)',
          description: 'The client authenticates with HTTP Basic or with `client_id` and `client_secret` in the form.',
          tags: ['oauth'],
          consumes: [FORM],
          body: Type.Object({
            grant_type: Type.Literal('client_credentials'),
            scope: Type.Optional(Type.String({ description: 'Some of the client’s scopes; all of them if absent' })),
            client_id: Type.Optional(Type.String()),
            client_secret: Type.Optional(Type.String()),
          }),
          response: { 200: TokenAnswer, 400: ErrorAnswer, 401: ErrorAnswer, 413: ErrorAnswer },
        },
      },
      async (request, reply): Promise<Static<typeof TokenAnswer>> => {
        const form = readTokenRequest(request.body);
        const client = authenticateClient(clients, clientCredentialsOf(request.headers.authorization, form));
        if (client === undefined)
          throw new OAuthError('invalid_client', 'The client is unknown or its secret is wrong.');
        const grantType = form.get('grant_type');
        if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing.');
        if (grantType !== 'client_credentials') {
          throw new OAuthError('unsupported_grant_type', 'Only client_credentials is supported.');
        }
        const token = await issueForClient(client, form.get('scope'));
        reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
        return {
          access_token: token.accessToken,
          token_type: 'Bearer',
          expires_in: token.expiresIn,
          scope: token.scope,
        };
      },
    );
  });
}

function sendOAuthError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = toOAuthError(error);
  if (refusal.statusCode >= 500) request.log.error({ err: refusal.cause }, 'token request failed');
  reply
    .code(refusal.statusCode)
    .headers({ 'cache-control': 'no-store', pragma: 'no-cache', ...refusal.headers })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: refusal.code, error_description: refusal.message }));
}

function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 415) return new OAuthError('invalid_request', `The body must be ${FORM}.`);
  if (status === 413) return new OAuthError('invalid_request', 'The request is too large.', { status });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new OAuthError('invalid_request', 'The request cannot be understood.');
  }
  return new OAuthError('server_error', 'Something went wrong on our side.', { status: 500, cause: error });
}
