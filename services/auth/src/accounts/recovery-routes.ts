import { noBody, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { siteOfHost } from '../sites/site-of-host.ts';
import type { ForgotRequest } from './forgot-password.ts';
import { choiceProperties, choiceRefusals, LinkDetailsResponse, linkDetailsResponse } from './link-details.ts';
import { AcceptedResponse, ForgotBody, LinkBody, LinkToken, WELL_MEANT } from './link-schemas.ts';
import type { Reset } from './reset-password.ts';

export interface RecoveryRoutes {
  forgot(request: ForgotRequest): Promise<void>;
  readonly reset: Reset;
}

const badLinks = ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired'];

/** `POST /auth/forgot`, `/auth/reset` and `/auth/reset/details`. */
export function registerRecovery(app: Service, { forgot, reset }: RecoveryRoutes): void {
  app.post(
    '/auth/forgot',
    {
      schema: {
        operationId: 'requestPasswordReset',
        summary: 'Ask for a password reset link',
        description: `${WELL_MEANT}: it leads to a page of a site that the user belongs to and works for 30 minutes.`,
        tags: ['recovery'],
        body: ForgotBody,
        response: {
          202: AcceptedResponse,
          ...problems({ 400: ['validation_failed', 'malformed_json'], 429: ['rate_limited'], 503: ['unavailable'] }),
        },
      },
    },
    async (request, reply) => {
      await forgot({
        email: request.body.email,
        site: siteOfHost(request.headers['x-gaia-site']),
        address: request.ip,
        by: actorOf(request),
      });
      reply.code(202).header('cache-control', 'no-store');
      return {};
    },
  );

  app.post(
    '/auth/reset/details',
    {
      schema: {
        operationId: 'getPasswordResetDetails',
        summary: 'Show whose password a link sets',
        description: 'The link stays usable.',
        tags: ['recovery'],
        body: LinkBody,
        response: { 200: LinkDetailsResponse, ...problems({ 400: badLinks }) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return linkDetailsResponse(await reset.details(request.body.token));
    },
  );

  app.post(
    '/auth/reset',
    {
      schema: {
        operationId: 'resetPassword',
        summary: 'Set a new password with a mailed link',
        description:
          'All sessions of the user end. Names are taken for an account whose address has not been proved before, ' +
          'and are removed where none are sent.',
        tags: ['recovery'],
        body: Type.Object({ token: LinkToken, ...choiceProperties }, { additionalProperties: false }),
        response: {
          204: noBody('The password is set'),
          ...problems({
            400: [...badLinks, ...choiceRefusals[400]],
            409: choiceRefusals[409],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { token, password, name, username } = request.body;
      await reset.reset(token, { password, name, username }, actorOf(request));
      return reply.code(204).header('cache-control', 'no-store').send();
    },
  );
}
