import { problem as commonProblem } from '@gaia/http-service/problem';
import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { requireAnyScope } from '../permissions/permissions.ts';
import type { Keys, KeyView } from './keys.ts';
import { readSigningKey, type SigningKey } from './signing-key.ts';

const KeyResponse = Type.Object(
  {
    kid: Type.String(),
    state: Type.Unsafe<KeyView['state']>({ type: 'string', enum: ['next', 'active', 'retiring'] }),
    state_since: Type.String(),
    created_at: Type.String(),
    bits: Type.Integer(),
    kek_version: Type.String({ description: 'Fingerprint of the key encryption key that seals it' }),
    signs_from: Type.Union([Type.String(), Type.Null()], { description: 'Of a `next` key, as far as it is known' }),
    published_until: Type.Union([Type.String(), Type.Null()], { description: 'Of a `retiring` key' }),
  },
  { title: 'SigningKey' },
);

const KeysResponse = Type.Object({ items: Type.Array(KeyResponse) });

const atOnce = Type.Optional(
  Type.Boolean({
    description:
      'Without waiting until the key was published for longer than verifiers keep a key set: a verifier that does not ' +
      'for unknown keys refuses its tokens until it has fetched the set anew',
  }),
);

const denials = { 401: tokenRefusals, 403: ['insufficient_scope'] };

/** `/auth/keys`: the signing keys. To be registered under a guard. */
export function registerKeys(app: Service, keys: Keys): void {
  const answer = async () => ({ items: (await keys.list()).map(keyResponse) });

  app.get(
    '/auth/keys',
    {
      schema: {
        operationId: 'listKeys',
        summary: 'List the signing keys',
        description: 'Newest first, for administrators of the installation. Private keys are never shown.',
        tags: ['keys'],
        ...bearer,
        response: { 200: KeysResponse, ...problems(denials) },
      },
    },
    async (request) => {
      allow(request);
      return answer();
    },
  );

  app.post(
    '/auth/keys/rotate',
    {
      schema: {
        operationId: 'rotateKeys',
        summary: 'Rotate the signing key',
        description: 'At once if it was published for long enough; else as soon as it was, which `signs_from` tells.',
        tags: ['keys'],
        ...bearer,
        body: Type.Object({ at_once: atOnce }, { additionalProperties: false }),
        response: {
          200: KeysResponse,
          ...problems({ 400: ['validation_failed'], ...denials, 409: ['key_pinned', 'too_many_keys'] }),
        },
      },
    },
    async (request) => {
      allow(request);
      await keys.rotate(actorOf(request), { atOnce: request.body.at_once ?? false });
      return answer();
    },
  );

  app.post(
    '/auth/keys/import',
    {
      schema: {
        operationId: 'importKey',
        summary: 'Import a signing key',
        description: 'The key is published at once and becomes the next one to sign.',
        tags: ['keys'],
        ...bearer,
        body: Type.Object(
          {
            pem: Type.String({ minLength: 1, maxLength: 16_384, description: 'RSA private key, PKCS #1 or #8' }),
            at_once: atOnce,
          },
          { additionalProperties: false },
        ),
        response: {
          201: KeysResponse,
          ...problems({
            400: ['validation_failed'],
            ...denials,
            409: ['key_pinned', 'key_exists', 'key_compromised', 'too_many_keys'],
          }),
        },
      },
    },
    async (request, reply) => {
      allow(request);
      const key = await readPem(request.body.pem);
      await keys.import(actorOf(request), key, { atOnce: request.body.at_once ?? false });
      reply.code(201);
      return answer();
    },
  );

  app.post(
    '/auth/keys/:kid/compromise',
    {
      schema: {
        operationId: 'revokeKey',
        summary: 'Revoke a compromised signing key',
        description: 'Every service refuses what it has signed within a second; another key signs at once.',
        tags: ['keys'],
        ...bearer,
        params: Type.Object({ kid: Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' }) }),
        response: {
          200: KeysResponse,
          ...problems({ 400: ['validation_failed'], ...denials, 404: ['key_not_found'], 503: ['unavailable'] }),
        },
      },
    },
    async (request) => {
      allow(request);
      await keys.compromise(actorOf(request), request.params.kid);
      return answer();
    },
  );
}

function allow(request: FastifyRequest): void {
  requireAnyScope(identityOf(request), 'keys:manage');
}

async function readPem(pem: string): Promise<SigningKey> {
  try {
    return await readSigningKey(pem);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    throw commonProblem('validation_failed', {
      detail: `/body/pem ${message}.`,
      errors: [{ path: '/body/pem', message }],
    });
  }
}

function keyResponse({ kid, state, stateSince, createdAt, bits, kekVersion, signsFrom, publishedUntil }: KeyView) {
  return {
    kid,
    state,
    state_since: time(stateSince),
    created_at: time(createdAt),
    bits,
    kek_version: kekVersion,
    signs_from: signsFrom === undefined ? null : time(signsFrom),
    published_until: publishedUntil === undefined ? null : time(publishedUntil),
  };
}

function time(at: number): string {
  return new Date(at).toISOString();
}
