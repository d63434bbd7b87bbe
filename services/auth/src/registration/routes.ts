import { plainText, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import {
  choiceProperties,
  choiceRefusals,
  LinkDetailsResponse,
  linkDetailsResponse,
} from '../accounts/link-details.ts';
import { AcceptedResponse, EmailText, LinkBody, LinkToken, WELL_MEANT } from '../accounts/link-schemas.ts';
import { Username } from '../accounts/user-schemas.ts';
import { actorOf } from '../audit/actor.ts';
import { SiteParams } from '../sites/schemas.ts';
import { invalidBody } from '../validation.ts';
import type { Register } from './register.ts';
import type { Verification } from './verify.ts';

export interface RegistrationRoutes {
  readonly register: Register;
  readonly verification: Verification;
}

const badLinks = ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired'];

const RegistrationBody = Type.Object(
  {
    email: EmailText,
    username: Type.Optional(Username),
    name: Type.Optional(plainText({ maxLength: 200 })),
    password: Type.Optional(
      Type.Unknown({ deprecated: true, description: 'Refused: the password is chosen at the link' }),
    ),
  },
  { additionalProperties: false },
);

/** `POST /auth/sites/:site/registrations`, `/auth/verify` and `/auth/verify/details`. */
export function registerRegistration(app: Service, { register, verification }: RegistrationRoutes): void {
  app.post(
    '/auth/sites/:site/registrations',
    {
      schema: {
        operationId: 'register',
        summary: 'Register at a site',
        description: `${WELL_MEANT}: its link makes the account, within 24 hours, with the password that is chosen there.`,
        tags: ['registration'],
        params: SiteParams,
        body: RegistrationBody,
        response: {
          202: AcceptedResponse,
          ...problems({
            400: ['validation_failed', 'malformed_json', 'username_reserved', 'username_confusable'],
            403: ['registration_closed'],
            404: ['site_not_found'],
            409: ['username_taken'],
            429: ['rate_limited'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { email, username, name, password } = request.body;
      if (password !== undefined) throw invalidBody('password', 'is chosen at the link in the mail, not here');
      await register(request.params.site, { email, username, name }, request.ip, actorOf(request));
      reply.code(202).header('cache-control', 'no-store');
      return {};
    },
  );

  app.post(
    '/auth/verify/details',
    {
      schema: {
        operationId: 'getVerificationDetails',
        summary: 'Show what a verification link is for',
        description: 'The link stays usable.',
        tags: ['registration'],
        body: LinkBody,
        response: {
          200: LinkDetailsResponse,
          ...problems({ 400: badLinks, 403: ['registration_closed'] }),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return linkDetailsResponse(await verification.details(request.body.token));
    },
  );

  app.post(
    '/auth/verify',
    {
      schema: {
        operationId: 'verifyEmail',
        summary: 'Confirm an e-mail address with a mailed link',
        description:
          'A new account, and one whose address nobody has proved before, gets the password that is sent here and the names ' +
          'that are sent here or none; whatever was set before is removed. An account with an owner takes nothing but the token.',
        tags: ['registration'],
        body: Type.Object({ token: LinkToken, ...choiceProperties }, { additionalProperties: false }),
        response: {
          200: Type.Object({
            email: Type.String(),
            site: Type.Union([Type.String(), Type.Null()], { description: 'The site that was joined' }),
          }),
          ...problems({
            400: [...badLinks, ...choiceRefusals[400]],
            403: ['registration_closed'],
            409: choiceRefusals[409],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { token, password, name, username } = request.body;
      reply.header('cache-control', 'no-store');
      const { email, site } = await verification.verify(token, { password, name, username }, actorOf(request));
      return { email, site: site ?? null };
    },
  );
}
