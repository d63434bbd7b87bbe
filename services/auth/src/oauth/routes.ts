import { noBody, secretText } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { type Static, Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { isIdempotencyKey, readIdempotencyKey } from '../sessions/idempotency-key.ts';
import type { Refresh } from '../sessions/refresh.ts';
import { FIRST_PARTY_CLIENT } from '../tokens/access-tokens.ts';
import { type AuthenticateClient, hasCredentials } from './client-authentication.ts';
import type { IssueForClient } from './client-credentials.ts';
import { FORM, withForms } from './form-scope.ts';
import type { IntrospectToken } from './introspect.ts';
import { OAuthError } from './oauth-error.ts';
import type { RevokeToken } from './revoke.ts';
import { ACCESS_TOKEN_TYPE, type ExchangeToken, TOKEN_EXCHANGE } from './token-exchange.ts';
import { readTokenRequest } from './token-request.ts';

const TokenResponse = Type.Object(
  {
    access_token: secretText('token'),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds' }),
    scope: Type.String(),
    refresh_token: Type.Optional(secretText('token', 'Of the grant `refresh_token`')),
    issued_token_type: Type.Optional(Type.String({ description: 'Of a token exchange' })),
  },
  { title: 'OAuthTokenResponse' },
);

const ErrorResponse = Type.Object(
  { error: Type.String(), error_description: Type.String() },
  { title: 'OAuthError', description: 'RFC 6749 §5.2' },
);

const refusals = { 400: ErrorResponse, 401: ErrorResponse, 413: ErrorResponse, 503: ErrorResponse };

const clientMembers = {
  client_id: Type.Optional(Type.String()),
  client_secret: Type.Optional(Type.String()),
  client_assertion_type: Type.Optional(Type.String()),
  client_assertion: Type.Optional(Type.String({ description: 'RFC 7523' })),
};

// RFC 6749 §3.2: parameters that are not known are ignored.
const open = { additionalProperties: true };

const TokenForm = Type.Object(
  {
    grant_type: Type.Union([
      Type.Literal('refresh_token'),
      Type.Literal('client_credentials'),
      Type.Literal(TOKEN_EXCHANGE),
    ]),
    scope: Type.Optional(Type.String({ description: 'Some of what can be had; all of it if absent' })),
    refresh_token: Type.Optional(Type.String()),
    subject_token: Type.Optional(Type.String()),
    subject_token_type: Type.Optional(Type.String()),
    requested_token_type: Type.Optional(Type.String()),
    audience: Type.Optional(Type.String({ description: 'One service, such as `cms`' })),
    ...clientMembers,
  },
  open,
);

const TokenOnlyForm = Type.Object(
  {
    token: Type.String(),
    token_type_hint: Type.Optional(Type.String()),
    ...clientMembers,
  },
  open,
);

export interface OAuthOptions {
  readonly authenticateClient: AuthenticateClient;
  readonly issueForClient: IssueForClient;
  readonly exchangeToken: ExchangeToken;
  readonly refresh: Refresh;
  readonly revokeToken: RevokeToken;
  readonly introspectToken: IntrospectToken;
}

/** `POST /oauth/token` (RFC 6749 §3.2), `/oauth/revoke` (RFC 7009), `/oauth/introspect` (RFC 7662). */
export async function registerOAuth(app: Service, options: OAuthOptions): Promise<void> {
  const { authenticateClient, issueForClient, exchangeToken, refresh, revokeToken, introspectToken } = options;
  await withForms(app, (scope) => {
    scope.post(
      '/oauth/token',
      {
        schema: {
          operationId: 'createToken',
          summary: 'Get tokens (OAuth 2.0 token endpoint)',
          description:
            'Clients authenticate with HTTP Basic, with `client_id` and `client_secret` in the form, or with a signed ' +
            'assertion (`private_key_jwt`). The grant `refresh_token` is for the first-party client, which has no secret; it takes ' +
            'an `Idempotency-Key`, as `/auth/refresh` does.',
          tags: ['oauth'],
          consumes: [FORM],
          body: TokenForm,
          response: { 200: TokenResponse, ...refusals },
        },
      },
      async (request): Promise<Static<typeof TokenResponse>> => {
        const form = readTokenRequest(request.body);
        const by = actorOf(request);
        const { authorization } = request.headers;
        const grantType = form.get('grant_type');
        if (grantType === 'refresh_token') {
          if (hasCredentials(authorization, form)) await authenticateClient({ authorization, form, by });
          const key = readIdempotencyKey(request.headers['idempotency-key']);
          return answerOf(await refreshed(refresh, form, by, hasCredentials(authorization, form), key));
        }
        const client = await authenticateClient({ authorization, form, by });
        switch (grantType) {
          case undefined:
            throw new OAuthError('invalid_request', 'grant_type is missing.');
          case 'client_credentials':
            return answerOf(await issueForClient(client, form.get('scope'), by));
          case TOKEN_EXCHANGE:
            return { ...answerOf(await exchangeToken(client, form, by)), issued_token_type: ACCESS_TOKEN_TYPE };
          default:
            throw new OAuthError('unsupported_grant_type', 'There is no such grant here.');
        }
      },
    );

    scope.post(
      '/oauth/revoke',
      {
        schema: {
          operationId: 'revokeToken',
          summary: 'Revoke a token',
          description:
            'A refresh token ends its session, an access token ends alone. Tokens of service accounts need the account’s ' +
            'credentials. What is no token is answered 200 as well.',
          tags: ['oauth'],
          consumes: [FORM],
          body: TokenOnlyForm,
          response: { 200: noBody('It is revoked'), ...refusals },
        },
      },
      async (request, reply) => {
        const form = readTokenRequest(request.body);
        const by = actorOf(request);
        const { authorization } = request.headers;
        const client = hasCredentials(authorization, form)
          ? await authenticateClient({ authorization, form, by })
          : undefined;
        await revokeToken(client, tokenOf(form), by);
        return reply.code(200).send();
      },
    );

    scope.post(
      '/oauth/introspect',
      {
        schema: {
          operationId: 'introspectToken',
          summary: 'Introspect a token',
          description:
            'RFC 7662, for clients that authenticate: whether a token is valid now, and what it says. A token that ' +
            'is not valid is answered `{"active": false}`.',
          tags: ['oauth'],
          consumes: [FORM],
          body: TokenOnlyForm,
          response: { 200: Type.Object({ active: Type.Boolean() }, { additionalProperties: true }), ...refusals },
        },
      },
      async (request) => {
        const form = readTokenRequest(request.body);
        await authenticateClient({ authorization: request.headers.authorization, form, by: actorOf(request) });
        return introspectToken(tokenOf(form));
      },
    );
  });
}

/** RFC 6749 §6. The only client that has refresh tokens is the first-party one, which is public. */
function refreshed(
  refresh: Refresh,
  form: ReadonlyMap<string, string>,
  by: Parameters<Refresh>[1],
  isOther: boolean,
  idempotencyKey: string | undefined,
) {
  const refreshToken = form.get('refresh_token');
  if (refreshToken === undefined) throw new OAuthError('invalid_request', 'refresh_token is missing.');
  if (isOther || (form.get('client_id') ?? FIRST_PARTY_CLIENT) !== FIRST_PARTY_CLIENT) {
    throw new OAuthError('invalid_grant', 'The refresh token was issued to another client.');
  }
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) {
    throw new OAuthError('invalid_request', 'The Idempotency-Key is invalid.');
  }
  const scope = form.get('scope');
  const scopes = scope === undefined ? undefined : [...new Set(scope.split(' '))];
  return refresh(refreshToken, by, { scopes, idempotencyKey });
}

function tokenOf(form: ReadonlyMap<string, string>): string {
  const token = form.get('token');
  if (token === undefined) throw new OAuthError('invalid_request', 'token is missing.');
  return token;
}

function answerOf(token: {
  accessToken: string;
  expiresIn: number;
  scope: string;
  refreshToken?: string;
}): Static<typeof TokenResponse> {
  return {
    access_token: token.accessToken,
    token_type: 'Bearer',
    expires_in: token.expiresIn,
    scope: token.scope,
    ...(token.refreshToken !== undefined && { refresh_token: token.refreshToken }),
  };
}
