import { bearer, noBody, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { actorOf } from '../audit/actor.ts';
import { TokenResponseBody, tokenResponseBody } from '../sessions/token-response.ts';
import { tokenProblem } from '../tokens/token-problems.ts';
import { EndBody, ExchangeBody, HandOverBody, HandOverReply } from './schemas.ts';
import type { SignOns } from './sign-ons.ts';

const tags = ['sso'];
const neverKept = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** `POST /auth/sso/hand-over`. To be registered under a guard. */
export function registerHandOver(app: Service, signOns: Pick<SignOns, 'handOver'>): void {
  app.post(
    '/auth/sso/hand-over',
    {
      schema: {
        operationId: 'createSignOnCode',
        summary: 'Create a sign-on code for another site',
        description: 'Takes the user to another site without a second login (authorization code with PKCE).',
        tags,
        ...bearer,
        body: HandOverBody,
        response: {
          200: HandOverReply,
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['not_a_member', 'forbidden'],
            404: ['site_not_found'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { token, expiresIn, origin } = await signOns.handOver(identityOf(request), actorOf(request), request.body);
      reply.headers(neverKept);
      return { token, expires_in: expiresIn, origin };
    },
  );
}

/** `POST /auth/sso/exchange` and `/auth/sso/logout`: their bodies are their credentials. */
export function registerSignOns(app: Service, signOns: Pick<SignOns, 'exchange' | 'end'>): void {
  app.post(
    '/auth/sso/exchange',
    {
      schema: {
        operationId: 'exchangeSignOnCode',
        summary: 'Exchange a sign-on code for a session',
        description: 'Once, at the site that the code was made for, with the PKCE verifier.',
        tags,
        body: ExchangeBody,
        response: {
          200: TokenResponseBody,
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals.slice(1), 403: ['not_a_member'] }),
        },
      },
    },
    async (request, reply) => {
      const { token, verifier } = request.body;
      const userAgent = request.headers['user-agent'] ?? '';
      const tokens = await problemsOf(signOns.exchange({ token, verifier, userAgent }, actorOf(request)));
      reply.headers(neverKept);
      return tokenResponseBody(tokens);
    },
  );

  app.post(
    '/auth/sso/logout',
    {
      schema: {
        operationId: 'endSignOn',
        summary: 'End the sessions of a sign-on at all sites',
        description: 'Sign-out at one site signs out at all that the login was taken to.',
        tags,
        body: EndBody,
        response: {
          204: noBody('They have ended'),
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals.slice(1) }),
        },
      },
    },
    async (request, reply) => {
      await signOns.end(request.body.refresh_token, actorOf(request));
      return reply.code(204).headers(neverKept).send();
    },
  );
}

async function problemsOf<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw tokenProblem(error);
  }
}
