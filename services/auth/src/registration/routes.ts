import { problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import { type Origin, originOf } from '../audit/origin.ts';
import { AcceptedAnswer, LinkBody, WELL_MEANT } from '../recovery/schemas.ts';
import { SiteParams } from '../sites/schemas.ts';
import { NewUserBody } from '../users/schemas.ts';
import type { Register } from './register.ts';
import type { Verified } from './verify.ts';

export interface RegistrationRoutes {
  readonly register: Register;
  verify(token: string, by: Origin): Promise<Verified>;
}

/** `POST /auth/sites/:site/registrations` and `/auth/verify`. */
export function registerRegistration(app: Service, { register, verify }: RegistrationRoutes): void {
  app.post(
    '/auth/sites/:site/registrations',
    {
      schema: {
        summary: 'Register at a site that is open to everybody',
        description: `${WELL_MEANT}: its link makes the account, within 24 hours.`,
        tags: ['registration'],
        params: SiteParams,
        body: NewUserBody,
        response: {
          202: AcceptedAnswer,
          ...problems({
            400: ['validation_failed', 'malformed_json', 'password_too_weak'],
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
      await register(request.params.site, { email, username, name, password }, request.ip, originOf(request));
      reply.code(202).header('cache-control', 'no-store');
      return {};
    },
  );

  app.post(
    '/auth/verify',
    {
      schema: {
        summary: 'Confirm an address with the token of a link',
        tags: ['registration'],
        body: LinkBody,
        response: {
          200: Type.Object({
            email: Type.String(),
            site: Type.Union([Type.String(), Type.Null()], { description: 'The site that was joined' }),
          }),
          ...problems({
            400: ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired'],
            403: ['registration_closed'],
            409: ['email_taken', 'username_taken'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { email, site } = await verify(request.body.token, originOf(request));
      reply.header('cache-control', 'no-store');
      return { email, site: site ?? null };
    },
  );
}
