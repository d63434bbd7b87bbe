import { bearer, noBody, problems, secretText, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { requireAnyScope } from '../permissions/permissions.ts';
import { SiteId } from '../sites/schemas.ts';
import { ProfileResponse, profileResponse } from '../users/profile.ts';
import { USER_ID_PATTERN } from '../users/user.ts';
import { IdempotencyKeyHeader, readIdempotencyKey } from './idempotency-key.ts';
import { SessionResponse, sessionResponse } from './session-response.ts';
import type { SwitchSite } from './switch-site.ts';
import { RefreshToken } from './token-response.ts';
import type { UserSessions } from './user-sessions.ts';

const SwitchBody = Type.Object(
  { site: SiteId, refresh_token: Type.Optional(RefreshToken) },
  { additionalProperties: false },
);

const SwitchResponse = Type.Object({
  access_token: secretText('token'),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  refresh_token: Type.Optional(secretText('token', 'If the present one was shown')),
  refresh_expires_in: Type.Optional(Type.Integer({ description: 'Seconds' })),
  session_expires_in: Type.Optional(Type.Integer({ description: 'Seconds' })),
  scope: Type.String(),
  user: ProfileResponse,
});

const SessionParams = Type.Object({ session: Type.String({ minLength: 1, maxLength: 128 }) });

const denials = { 401: tokenRefusals, 403: ['forbidden'], 503: ['unavailable'] };

/** `/auth/sessions`: where the user is logged in; `POST /auth/switch`. To be registered under a guard. */
export function registerSessions(
  app: Service,
  { userSessions, switchSite }: { userSessions: UserSessions; switchSite: SwitchSite },
): void {
  app.get(
    '/auth/sessions',
    {
      schema: {
        operationId: 'listSessions',
        summary: 'List one’s own sessions',
        description: 'One a login, with when and where it was last used.',
        tags: ['session'],
        ...bearer,
        response: { 200: Type.Object({ items: Type.Array(SessionResponse) }), ...problems(denials) },
      },
    },
    async (request, reply) => {
      const all = await userSessions.list(identityOf(request));
      reply.header('cache-control', 'no-store');
      return { items: all.map(sessionResponse) };
    },
  );

  app.delete(
    '/auth/sessions',
    {
      schema: {
        operationId: 'deleteSessions',
        summary: 'End all of one’s own sessions',
        description: 'Or all others, with `except=current`. Tokens of the sessions are refused within a second.',
        tags: ['session'],
        ...bearer,
        querystring: Type.Object(
          {
            keep: Type.Optional(
              Type.Unsafe<'current'>({ type: 'string', enum: ['current'], description: 'All others only' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 204: noBody('They have ended'), ...problems({ 400: ['validation_failed'], ...denials }) },
      },
    },
    async (request, reply) => {
      await userSessions.endAll(identityOf(request), actorOf(request), request.query.keep ?? 'none');
      return reply.code(204).send();
    },
  );

  app.delete(
    '/auth/sessions/:session',
    {
      schema: {
        operationId: 'deleteSession',
        summary: 'End one of one’s own sessions',
        description: 'Its tokens are refused within a second.',
        tags: ['session'],
        ...bearer,
        params: SessionParams,
        response: { 204: noBody('It has ended'), ...problems({ ...denials, 404: ['session_not_found'] }) },
      },
    },
    async (request, reply) => {
      await userSessions.end(identityOf(request), actorOf(request), request.params.session);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/auth/users/:user/sessions',
    {
      schema: {
        operationId: 'deleteUserSessions',
        summary: 'End all sessions of a user',
        description: 'For administrators of the installation. Tokens are refused within a second.',
        tags: ['users'],
        ...bearer,
        params: Type.Object({ user: Type.String({ pattern: USER_ID_PATTERN }) }),
        response: {
          204: noBody('They have ended'),
          ...problems({ 400: ['validation_failed'], ...denials, 403: ['insufficient_scope'] }),
        },
      },
    },
    async (request, reply) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      await userSessions.endAllOf(request.params.user, actorOf(request));
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/switch',
    {
      schema: {
        operationId: 'switchSite',
        summary: 'Get tokens of the same login for another site',
        description:
          'Every later refresh of the session is for that site. With the session’s refresh token in the body the answer ' +
          'holds its successor; without it the one that the caller has stays good.',
        tags: ['session'],
        ...bearer,
        headers: IdempotencyKeyHeader,
        body: SwitchBody,
        response: {
          200: SwitchResponse,
          ...problems({ 400: ['validation_failed'], ...denials, 403: ['forbidden', 'not_a_member'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, refresh_token: refreshToken } = request.body;
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const tokens = await switchSite(identityOf(request), actorOf(request), { site, refreshToken, idempotencyKey });
      reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
      return {
        access_token: tokens.accessToken,
        token_type: 'Bearer' as const,
        expires_in: tokens.expiresIn,
        scope: tokens.scope,
        user: profileResponse(tokens.user),
        ...('refreshToken' in tokens && {
          refresh_token: tokens.refreshToken,
          refresh_expires_in: tokens.refreshExpiresIn,
          session_expires_in: tokens.sessionExpiresIn,
        }),
      };
    },
  );
}
