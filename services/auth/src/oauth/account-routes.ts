import { problem as commonProblem } from '@gaia/http-service/problem';
import {
  bearer,
  noBody,
  pageSchema,
  plainText,
  problems,
  secretText,
  tokenRefusals,
} from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import type { Requirement } from '@gaia/token-guard/requirements';
import { grantableScopes, type Scope } from '@gaia/tokens/scopes';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Actor, actorOf } from '../audit/actor.ts';
import { problem } from '../errors.ts';
import { PageQuery, readPage } from '../pagination/page.ts';
import { isAdministrator, requireAnyScope } from '../permissions/permissions.ts';
import { SiteId } from '../sites/schemas.ts';
import { readClientKeys } from './client-keys.ts';
import { CLIENT_ID_PATTERN } from './oauth-client.ts';
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts';

const ScopeName = Type.Unsafe<Scope>({ type: 'string', enum: [...grantableScopes] });

const changeable = {
  name: Type.Optional(plainText({ minLength: 1, maxLength: 200 })),
  scopes: Type.Optional(Type.Array(ScopeName, { minItems: 1, maxItems: 32, uniqueItems: true })),
  may_exchange: Type.Optional(Type.Boolean({ description: 'May act for users (token exchange)' })),
  disabled: Type.Optional(Type.Boolean()),
  public_keys: Type.Optional(
    Type.Array(Type.Object({}, { additionalProperties: true }), {
      maxItems: 8,
      description: 'JWKs for `private_key_jwt`: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA)',
    }),
  ),
};

const NewAccountBody = Type.Object(
  {
    ...changeable,
    id: Type.String({ pattern: CLIENT_ID_PATTERN }),
    site: Type.Optional(SiteId),
    scopes: Type.Array(ScopeName, { minItems: 1, maxItems: 32, uniqueItems: true }),
  },
  { additionalProperties: false },
);

const AccountChangesBody = Type.Object(changeable, { additionalProperties: false, minProperties: 1 });

const AccountResponse = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    site: Type.Union([Type.String(), Type.Null()]),
    scopes: Type.Array(Type.String()),
    may_exchange: Type.Boolean(),
    disabled: Type.Boolean(),
    has_secret: Type.Boolean(),
    public_keys: Type.Array(Type.Object({}, { additionalProperties: true })),
    created_at: Type.String(),
  },
  { title: 'ServiceAccount' },
);

export const Secret = secretText('secret', 'Shown this once');

const NewAccountResponse = Type.Object(
  { ...AccountResponse.properties, secret: Type.Union([Secret, Type.Null()]) },
  { title: 'NewServiceAccount' },
);

export const AccountParams = Type.Object({ client: Type.String({ pattern: CLIENT_ID_PATTERN }) });

export const denials = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'] };
export const recentDenials = { ...denials, 401: [...tokenRefusals, 'insufficient_user_authentication'] };
const isClientId = (text: string) => new RegExp(CLIENT_ID_PATTERN).test(text);

/** `/auth/clients`: service accounts. To be registered under a guard. */
export function registerServiceAccounts(app: Service, accounts: ServiceAccounts, recent: Requirement): void {
  app.post(
    '/auth/clients',
    {
      onRequest: recent,
      schema: {
        operationId: 'createServiceAccount',
        summary: 'Create a service account',
        description:
          'With `public_keys` it authenticates by assertions and has no secret; without, the answer holds one.',
        tags: ['clients'],
        ...bearer,
        body: NewAccountBody,
        response: {
          201: NewAccountResponse,
          ...problems({
            400: ['validation_failed'],
            ...recentDenials,
            404: ['site_not_found'],
            409: ['client_exists'],
          }),
        },
      },
    },
    async (request, reply) => {
      const by = allow(request, request.body.scopes);
      const { id, site, public_keys: publicKeys } = request.body;
      const made = await accounts.create(by, {
        ...(await changesOf(request.body)),
        scopes: request.body.scopes,
        id,
        site,
        withSecret: publicKeys === undefined,
      });
      reply.code(201).header('cache-control', 'no-store');
      return { ...accountResponse(made.account), secret: made.secret ?? null };
    },
  );

  app.get(
    '/auth/clients',
    {
      schema: {
        operationId: 'listServiceAccounts',
        summary: 'List service accounts',
        description: 'Newest first, for administrators of the installation. Secrets are never listed.',
        tags: ['clients'],
        ...bearer,
        querystring: PageQuery,
        response: {
          200: pageSchema(AccountResponse),
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], ...denials }),
        },
      },
    },
    async (request) => {
      allow(request);
      const page = await accounts.list(readPage(request.query, isClientId));
      return { items: page.items.map(accountResponse), next_cursor: page.nextCursor };
    },
  );

  app.get(
    '/auth/clients/:client',
    {
      schema: {
        operationId: 'getServiceAccount',
        summary: 'Get a service account',
        description: 'For administrators of the installation.',
        tags: ['clients'],
        ...bearer,
        params: AccountParams,
        response: { 200: AccountResponse, ...problems({ ...denials, 404: ['client_not_found'] }) },
      },
    },
    async (request) => {
      allow(request);
      return accountResponse(await accounts.get(request.params.client));
    },
  );

  app.patch(
    '/auth/clients/:client',
    {
      // Who adds a key holds a credential of the account from then on, as who is given a secret.
      preHandler: (request, reply, done) =>
        request.body.public_keys === undefined ? done() : recent(request, reply, done),
      schema: {
        operationId: 'updateServiceAccount',
        summary: 'Change or disable a service account',
        description: 'Tokens that it holds end, unless only its name changes.',
        tags: ['clients'],
        ...bearer,
        params: AccountParams,
        body: AccountChangesBody,
        response: {
          200: AccountResponse,
          ...problems({ 400: ['validation_failed'], ...recentDenials, 404: ['client_not_found'] }),
        },
      },
    },
    async (request) => {
      const by = allow(request, request.body.scopes);
      return accountResponse(await accounts.update(by, request.params.client, await changesOf(request.body)));
    },
  );

  app.delete(
    '/auth/clients/:client',
    {
      schema: {
        operationId: 'deleteServiceAccount',
        summary: 'Delete a service account',
        description: 'Tokens that it holds end within a second.',
        tags: ['clients'],
        ...bearer,
        params: AccountParams,
        response: { 204: noBody('It is gone'), ...problems({ ...denials, 404: ['client_not_found'] }) },
      },
    },
    async (request, reply) => {
      await accounts.remove(allow(request), request.params.client);
      return reply.code(204).send();
    },
  );
}

/** Nobody gives an account what they do not have; owners’ permissions on sites are an administrator's anyway. 403. */
export function allow(request: FastifyRequest, scopes: readonly Scope[] = []): Actor {
  const caller = identityOf(request);
  requireAnyScope(caller, 'clients:manage');
  if (!isAdministrator(caller) && !scopes.every((scope) => caller.scopes.includes(scope))) throw problem('forbidden');
  return actorOf(request);
}

async function changesOf(body: Static<typeof AccountChangesBody>) {
  return {
    name: body.name,
    scopes: body.scopes,
    mayExchange: body.may_exchange,
    disabled: body.disabled,
    publicKeys: body.public_keys === undefined ? undefined : await checkedKeys(body.public_keys),
  };
}

async function checkedKeys(jwks: readonly object[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    await readClientKeys(jwks);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    throw commonProblem('validation_failed', {
      detail: `/body/public_keys ${message}.`,
      errors: [{ path: '/body/public_keys', message }],
    });
  }
  return jwks as readonly Readonly<Record<string, unknown>>[];
}

function accountResponse(account: ServiceAccount): Static<typeof AccountResponse> {
  return {
    id: account.id,
    name: account.name,
    site: account.site ?? null,
    scopes: [...account.scopes],
    may_exchange: account.mayExchange,
    disabled: account.disabled,
    has_secret: account.hasSecret,
    public_keys: account.publicKeys.map((jwk) => ({ ...jwk })),
    created_at: account.createdAt.toISOString(),
  };
}
