import { noBody, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { Origin } from '../audit/origin.ts';
import { originOf } from '../audit/origin.ts';
import { siteOfHost } from '../sites/site-of-host.ts';
import type { ForgotRequest } from './forgot.ts';
import { AcceptedAnswer, ForgotBody, ResetBody, WELL_MEANT } from './schemas.ts';

export interface RecoveryRoutes {
  forgot(request: ForgotRequest): Promise<void>;
  reset(token: string, password: string, by: Origin): Promise<void>;
}

/** `POST /auth/forgot` and `/auth/reset`. */
export function registerRecovery(app: Service, { forgot, reset }: RecoveryRoutes): void {
  app.post(
    '/auth/forgot',
    {
      schema: {
        summary: 'Ask for a link to set a new password',
        description: `${WELL_MEANT}: it leads to a page of a site that the user belongs to and works for 30 minutes.`,
        tags: ['recovery'],
        body: ForgotBody,
        response: {
          202: AcceptedAnswer,
          ...problems({ 400: ['validation_failed', 'malformed_json'], 429: ['rate_limited'], 503: ['unavailable'] }),
        },
      },
    },
    async (request, reply) => {
      await forgot({
        email: request.body.email,
        site: siteOfHost(request.headers['x-gaia-site']),
        address: request.ip,
        by: originOf(request),
      });
      reply.code(202).header('cache-control', 'no-store');
      return {};
    },
  );

  app.post(
    '/auth/reset',
    {
      schema: {
        summary: 'Set a new password with the token of a link; all sessions of the user end',
        tags: ['recovery'],
        body: ResetBody,
        response: {
          204: noBody('The password is set'),
          ...problems({
            400: ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired', 'password_too_weak'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      await reset(request.body.token, request.body.password, originOf(request));
      return reply.code(204).header('cache-control', 'no-store').send();
    },
  );
}
