import { problem as commonProblem } from '@gaia/http-service/problem';
import { bearerOrNone, noBody, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { bearerToken } from '@gaia/token-guard/bearer';
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { IdempotencyKeyHeader, readIdempotencyKey } from '../sessions/idempotency-key.ts';
import type { LogoutRequest } from '../sessions/logout.ts';
import type { Refresh } from '../sessions/refresh.ts';
import type { TokenResponse } from '../sessions/sessions.ts';
import { TokenResponseBody, tokenResponseBody } from '../sessions/token-response.ts';
import { siteOfHost } from '../sites/site-of-host.ts';
import { tokenProblem } from '../tokens/token-problems.ts';
import type { LoginRequest } from './login.ts';
import { LoginBody, LogoutBody, RefreshBody } from './schemas.ts';

export interface LoginRoutes {
  login(request: LoginRequest): Promise<TokenResponse>;
  readonly refresh: Refresh;
  logout(request: LogoutRequest): Promise<void>;
}

/** `POST /auth/login`, `/auth/refresh`, `/auth/logout`: what is needed before there is a token, or when there was one. */
export function registerLogin(app: Service, { login, refresh, logout }: LoginRoutes): void {
  app.post(
    '/auth/login',
    {
      schema: {
        operationId: 'login',
        summary: 'Log in with a password',
        description:
          'Who belongs to no site gets tokens for this service alone: to see, change, export and delete the account.',
        tags: ['session'],
        body: LoginBody,
        response: {
          200: TokenResponseBody,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            401: ['invalid_credentials'],
            403: ['not_a_member'],
            429: ['rate_limited'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const tokens = await login({
        name: loginName(request.body),
        password: request.body.password,
        site: request.body.site,
        hostSite: siteOfHost(request.headers['x-gaia-site']),
        address: request.ip,
        userAgent: request.headers['user-agent'] ?? '',
        by: actorOf(request),
      });
      return answer(reply, tokens);
    },
  );

  app.post(
    '/auth/refresh',
    {
      schema: {
        operationId: 'refreshTokens',
        summary: 'Exchange a refresh token for new tokens',
        description: 'A refused token’s `cause` says why: `session_ended`, `reuse_detected`, `idle`, `session_over`, …',
        tags: ['session'],
        headers: IdempotencyKeyHeader,
        body: RefreshBody,
        response: {
          200: TokenResponseBody,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            401: tokenRefusals.slice(1),
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      return answer(reply, await refresh(request.body.refresh_token, actorOf(request), { idempotencyKey }));
    },
  );

  app.post(
    '/auth/logout',
    {
      schema: {
        operationId: 'logout',
        summary: 'Log out',
        description: 'Ends the session of the bearer token, of a refresh token, or of both.',
        tags: ['session'],
        ...bearerOrNone,
        body: LogoutBody,
        response: {
          204: noBody('The session has ended'),
          ...problems({ 400: ['validation_failed', 'malformed_json'], 401: tokenRefusals, 503: ['unavailable'] }),
        },
      },
    },
    async (request, reply) => {
      try {
        await logout({
          accessToken: bearerToken(request.raw),
          refreshToken: request.body?.refresh_token,
          by: actorOf(request),
        });
      } catch (error) {
        throw tokenProblem(error);
      }
      return reply.code(204).header('cache-control', 'no-store').send();
    },
  );
}

function loginName({ email, username }: Static<typeof LoginBody>): string {
  const name = email ?? username;
  if (name !== undefined && (email === undefined || username === undefined)) return name;
  throw commonProblem('validation_failed', {
    detail: 'Either email or username is needed.',
    errors: [{ path: '/body/email', message: 'or username is needed, and not both' }],
  });
}

/** RFC 6749 §5.1: answers with tokens are never kept. */
function answer(reply: FastifyReply, tokens: TokenResponse): Static<typeof TokenResponseBody> {
  reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
  return tokenResponseBody(tokens);
}
