import { noBody, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import { RolesBody } from '../access/member-schemas.ts';
import { EmailText } from '../accounts/link-schemas.ts';
import { UserResponse, userResponse } from '../accounts/user-schemas.ts';
import { NewPassword } from '../passwords/schemas.ts';
import { SiteId } from '../sites/schemas.ts';
import type { Operator } from './operator.ts';

const denials = { 400: ['validation_failed', 'malformed_json'], 404: ['user_not_found'] };

/**
 * What an operator may do without any token. To be registered on the app of the control socket, and never on one that
 * listens on TCP.
 */
export function registerOperator(app: Service, operator: Operator): void {
  app.post(
    '/operator/users/password',
    {
      schema: {
        body: Type.Object({ email: EmailText, password: NewPassword }, { additionalProperties: false }),
        response: {
          200: UserResponse,
          ...problems({ ...denials, 400: [...denials[400], 'password_too_weak'], 503: ['unavailable'] }),
        },
      },
    },
    async (request) => {
      const { email, password } = request.body;
      return userResponse(await operator.setPassword(email, password, request.id));
    },
  );

  app.post(
    '/operator/users/administrator',
    {
      schema: {
        body: Type.Object({ email: EmailText, administrator: Type.Boolean() }, { additionalProperties: false }),
        response: {
          200: UserResponse,
          ...problems({ ...denials, 409: ['last_administrator', 'user_disabled', 'email_unverified'] }),
        },
      },
    },
    async (request) => {
      const { email, administrator } = request.body;
      return userResponse(await operator.change(email, { administrator }, request.id));
    },
  );

  app.post(
    '/operator/users/disabled',
    {
      schema: {
        body: Type.Object(
          { email: EmailText, disabled: Type.Boolean(), force: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
        response: { 200: UserResponse, ...problems({ ...denials, 409: ['last_administrator', 'last_owner'] }) },
      },
    },
    async (request) => {
      const { email, disabled, force } = request.body;
      return userResponse(await operator.change(email, { disabled }, request.id, force));
    },
  );

  app.post(
    '/operator/users/deletion',
    {
      schema: {
        body: Type.Object({ email: EmailText, force: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
        response: {
          204: noBody('The user is deleted'),
          ...problems({ ...denials, 409: ['last_administrator', 'last_owner'] }),
        },
      },
    },
    async (request, reply) => {
      const { email, force } = request.body;
      await operator.erase(email, request.id, force);
      return reply.code(204).send();
    },
  );

  app.post(
    '/operator/users/invitation',
    {
      schema: {
        body: Type.Object(
          { email: EmailText, roles: RolesBody.properties.roles, site: Type.Optional(SiteId) },
          { additionalProperties: false },
        ),
        response: {
          201: Type.Object({
            id: Type.String(),
            email: Type.String(),
            site: Type.String(),
            roles: Type.Array(Type.String()),
            expires_at: Type.String(),
          }),
          ...problems({
            400: denials[400],
            403: ['registration_closed'],
            404: ['site_not_found'],
            429: ['rate_limited'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site, invitation } = await operator.invite(request.body, request.id);
      reply.code(201);
      const { id, email, roles, expiresAt } = invitation;
      return { id, email, site, roles: [...roles], expires_at: expiresAt.toISOString() };
    },
  );
}
