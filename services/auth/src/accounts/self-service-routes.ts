import { bearer, noBody, plainText, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { CurrentPassword, NewPassword } from '../passwords/schemas.ts';
import type { AccountEmail } from './account-email.ts';
import { choiceProperties, choiceRefusals, LinkDetailsResponse, linkDetailsResponse } from './link-details.ts';
import { AcceptedResponse, EmailText, LinkBody, LinkToken } from './link-schemas.ts';
import type { SelfService } from './self-service.ts';
import { Username } from './user-schemas.ts';

const denials = { 401: tokenRefusals, 403: ['forbidden', 'wrong_password'], 404: ['user_not_found'] };
const throttled = { 429: ['rate_limited'], 503: ['unavailable'] };

const ProfileBody = Type.Object(
  {
    name: Type.Optional(plainText({ maxLength: 200 })),
    username: Type.Optional(Type.Union([Username, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

/** What users do with their own account. To be registered under a guard. */
export function registerSelfService(app: Service, account: SelfService, email: AccountEmail): void {
  app.patch(
    '/auth/me',
    {
      schema: {
        operationId: 'updateCurrentUser',
        summary: 'Change one’s own name or user name',
        description: 'Members that are left out stay as they are.',
        tags: ['account'],
        ...bearer,
        body: ProfileBody,
        response: {
          204: noBody('Changed'),
          ...problems({
            400: ['validation_failed', 'malformed_json', 'username_reserved', 'username_confusable'],
            401: tokenRefusals,
            403: ['forbidden'],
            404: ['user_not_found'],
            409: ['username_taken'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { name, username } = request.body;
      await account.changeProfile(identityOf(request), actorOf(request), { name, username });
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/me/password',
    {
      schema: {
        operationId: 'changePassword',
        summary: 'Change one’s own password',
        description: 'Needs the current password. All other sessions of the user end.',
        tags: ['account'],
        ...bearer,
        body: Type.Object(
          { current_password: CurrentPassword, password: NewPassword },
          { additionalProperties: false },
        ),
        response: {
          204: noBody('Changed'),
          ...problems({ 400: ['validation_failed', 'malformed_json', 'password_too_weak'], ...denials, ...throttled }),
        },
      },
    },
    async (request, reply) => {
      const { current_password, password } = request.body;
      await account.changePassword(identityOf(request), actorOf(request), current_password, password);
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/me/deletion',
    {
      schema: {
        operationId: 'deleteCurrentUser',
        summary: 'Delete one’s own account',
        description:
          'Needs the current password. Sessions end at once; what the user has written stays, with the id as its ' +
          'author.',
        tags: ['account'],
        ...bearer,
        body: Type.Object({ password: CurrentPassword }, { additionalProperties: false }),
        response: {
          204: noBody('The account is gone, and its sessions with it'),
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            ...denials,
            409: ['last_administrator', 'last_owner'],
            ...throttled,
          }),
        },
      },
    },
    async (request, reply) => {
      await account.remove(identityOf(request), actorOf(request), request.body.password);
      return reply.code(204).send();
    },
  );

  app.post(
    '/auth/me/verification',
    {
      schema: {
        operationId: 'requestVerification',
        summary: 'Ask for a verification mail',
        description: 'The link in it proves that the address belongs to the user.',
        tags: ['account'],
        ...bearer,
        response: { 202: AcceptedResponse, ...problems({ 401: tokenRefusals, 403: ['forbidden'], ...throttled }) },
      },
    },
    async (request, reply) => {
      await email.requestVerification(identityOf(request), actorOf(request));
      reply.code(202);
      return {};
    },
  );

  app.post(
    '/auth/me/email',
    {
      schema: {
        operationId: 'requestEmailChange',
        summary: 'Ask for another e-mail address',
        description: 'The address changes when the link in the mail to the new one is used.',
        tags: ['account'],
        ...bearer,
        body: Type.Object({ email: EmailText, password: CurrentPassword }, { additionalProperties: false }),
        response: {
          202: AcceptedResponse,
          ...problems({ 400: ['validation_failed', 'malformed_json'], ...denials, ...throttled }),
        },
      },
    },
    async (request, reply) => {
      const { email: address, password } = request.body;
      await email.requestChange(identityOf(request), actorOf(request), address, password);
      reply.code(202);
      return {};
    },
  );
}

/** `POST /auth/email-change` and `/auth/email-change/details`, in a session of the account. To be registered under a guard. */
export function registerEmailChange(app: Service, email: AccountEmail): void {
  const refusals = {
    400: ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired'],
    401: tokenRefusals,
    403: ['forbidden', 'link_of_another_account'],
  };

  app.post(
    '/auth/email-change/details',
    {
      schema: {
        operationId: 'getEmailChangeDetails',
        summary: 'Show what an e-mail change link is for',
        description: 'The link stays usable.',
        tags: ['account'],
        ...bearer,
        body: LinkBody,
        response: { 200: LinkDetailsResponse, ...problems(refusals) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return linkDetailsResponse(await email.changeDetails(identityOf(request), request.body.token));
    },
  );

  app.post(
    '/auth/email-change',
    {
      schema: {
        operationId: 'confirmEmailChange',
        summary: 'Confirm a new e-mail address',
        description:
          'With the token of the mailed link, signed in to the account that asked for it. An account of which no ' +
          'address has been proved before gets the password and the names sent here.',
        tags: ['account'],
        ...bearer,
        body: Type.Object({ token: LinkToken, ...choiceProperties }, { additionalProperties: false }),
        response: {
          200: Type.Object({ email: Type.String() }),
          ...problems({
            ...refusals,
            400: [...refusals[400], ...choiceRefusals[400]],
            409: ['email_taken', ...choiceRefusals[409]],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { token, password, name, username } = request.body;
      reply.header('cache-control', 'no-store');
      const choice = { password, name, username };
      return { email: await email.confirmChange(identityOf(request), token, choice, actorOf(request)) };
    },
  );
}
