import { bearer, noBody, problems } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { Requirement } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { AccountParams, allow, denials, recentDenials, Secret } from './account-routes.ts';
import type { ClientSecrets, ListedSecret } from './client-secrets.ts';

const FIVE_YEARS_SECONDS = 5 * 365 * 86_400;

const NewSecretBody = Type.Union([
  Type.Object(
    {
      expires_in: Type.Optional(
        Type.Integer({ minimum: 60, maximum: FIVE_YEARS_SECONDS, description: 'Seconds; no end if absent' }),
      ),
      previous_expires_in: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: FIVE_YEARS_SECONDS,
          description: 'Seconds until the secrets that are there end, if they do not before; they stay if absent',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
]);

const SecretResponse = Type.Object(
  {
    id: Type.String(),
    created_at: Type.String(),
    expires_at: Type.Union([Type.String(), Type.Null()]),
    last_used_at: Type.Union([Type.String(), Type.Null()], { description: 'To the hour' }),
  },
  { title: 'ClientSecret' },
);

const NewSecretResponse = Type.Object({ ...SecretResponse.properties, secret: Secret }, { title: 'NewClientSecret' });

const SecretParams = Type.Object({
  ...AccountParams.properties,
  secret: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
});

/** `/auth/clients/:client/secrets`. To be registered under a guard. */
export function registerClientSecrets(
  app: Service,
  secrets: Pick<ClientSecrets, 'create' | 'list' | 'end'>,
  recent: Requirement,
): void {
  const url = '/auth/clients/:client/secrets';
  app.post(
    url,
    {
      onRequest: recent,
      schema: {
        operationId: 'createClientSecret',
        summary: 'Create a client secret',
        description:
          'An account has two at a time, so that one can take the place of the other without an outage. A token ends ' +
          'with the secret that it was obtained with. Secrets that are given an end sooner than a token’s longest life ' +
          '(30 minutes) end their tokens of before at once.',
        tags: ['clients'],
        ...bearer,
        params: AccountParams,
        body: NewSecretBody,
        response: {
          201: NewSecretResponse,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            ...recentDenials,
            404: ['client_not_found'],
            409: ['too_many_secrets'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { expires_in: expiresIn, previous_expires_in: previousExpiresIn } = request.body ?? {};
      const made = await secrets.create(allow(request), request.params.client, { expiresIn, previousExpiresIn });
      reply.code(201).header('cache-control', 'no-store');
      return { ...secretResponse(made), secret: made.secret };
    },
  );

  app.get(
    url,
    {
      schema: {
        operationId: 'listClientSecrets',
        summary: 'List the client secrets of a service account',
        description: 'Ids and times only; a secret is shown once, when it is made.',
        tags: ['clients'],
        ...bearer,
        params: AccountParams,
        response: {
          200: Type.Object({ items: Type.Array(SecretResponse) }),
          ...problems({ ...denials, 404: ['client_not_found'] }),
        },
      },
    },
    async (request) => {
      allow(request);
      return { items: (await secrets.list(request.params.client)).map(secretResponse) };
    },
  );

  app.delete(
    `${url}/:secret`,
    {
      schema: {
        operationId: 'deleteClientSecret',
        summary: 'Delete a client secret',
        description: 'Tokens that were obtained with it end within a second.',
        tags: ['clients'],
        ...bearer,
        params: SecretParams,
        response: {
          204: noBody('It has ended'),
          ...problems({ ...denials, 404: ['client_not_found', 'secret_not_found'], 503: ['unavailable'] }),
        },
      },
    },
    async (request, reply) => {
      await secrets.end(allow(request), request.params.client, request.params.secret);
      return reply.code(204).send();
    },
  );
}

function secretResponse({ id, createdAt, expiresAt, lastUsedAt }: ListedSecret) {
  return {
    id,
    created_at: createdAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
  };
}
