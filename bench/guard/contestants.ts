import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadSettings } from '@gaia/settings';
import { createMemoryState } from '@gaia/state/memory';
import { tokenGuard } from '@gaia/token-guard';
import { createGuard } from '@gaia/token-guard/guard';
import { guardSettings } from '@gaia/token-guard/settings';
import { createVerifier } from '@gaia/token-guard/verifier';
import Fastify, { type FastifyInstance } from 'fastify';

/** What every server of the run is told. */
export interface Trust {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** The issuer's one key, for libraries that take a key and no URL. */
  readonly publicJwk: Readonly<Record<string, string>>;
}

/** Starts a server whose `GET /` answers the same small document, guarded in one way; gives its port. */
export type Contestant = (trust: Trust) => Promise<number>;

const BODY = Object.freeze({ hello: 'world' });
/** Cut-offs that are held while the guard is measured; none concerns the tokens of the run. */
const LIVE_CUT_OFFS = 1_000;

export const contestants = {
  'fastify, bare': async () => listening(Fastify(), () => undefined),
  'gaia guard, live tokens': async (trust) => gaia(trust, undefined),
  // Two places for a hundred tokens: none is ever met a second time.
  'gaia guard, first sight': async (trust) => gaia(trust, 2),
  '@fastify/jwt, cache on': async (trust) => fastifyJwt(trust, true),
  '@fastify/jwt, cache off': async (trust) => fastifyJwt(trust, false),
  'jose, local key': async (trust) => {
    const { importJWK, jwtVerify } = await import('jose');
    const key = await importJWK(trust.publicJwk, 'RS256');
    const expected = { issuer: trust.issuer, audience: trust.audience, algorithms: ['RS256'], typ: 'at+jwt' };
    return listening(Fastify(), (app) => {
      app.addHook('onRequest', async (request) => {
        await jwtVerify((request.headers.authorization ?? '').slice(7), key, expected);
      });
    });
  },
  'jose remote set': async (trust) => {
    const { createRemoteJWKSet, jwtVerify } = await import('jose');
    const keys = createRemoteJWKSet(new URL(trust.jwksUrl));
    const expected = { issuer: trust.issuer, audience: trust.audience, algorithms: ['RS256'], typ: 'at+jwt' };
    return listening(Fastify(), (app) => {
      app.addHook('onRequest', async (request) => {
        await jwtVerify((request.headers.authorization ?? '').slice(7), keys, expected);
      });
    });
  },
  'express, bare': async () => express(() => undefined),
  'express-oauth2-jwt-bearer': async (trust) => {
    const { auth } = await import('express-oauth2-jwt-bearer');
    const guard = auth({
      issuer: trust.issuer,
      audience: trust.audience,
      jwksUri: trust.jwksUrl,
      tokenSigningAlg: 'RS256',
      strict: true,
    });
    return express((app) => app.use(guard));
  },
} as const satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof contestants;

async function gaia(trust: Trust, maxCachedTokens: number | undefined): Promise<number> {
  const state = createMemoryState({ now: Date.now });
  for (let count = 0; count < LIVE_CUT_OFFS; count += 1) {
    const kind = count % 2 === 0 ? 'sid' : 'jti';
    await state.revocations.append({ kind, id: `ended-${count}` }, Date.now() + 900_000, Date.now());
  }
  const config = loadSettings(guardSettings, { GAIA_ISSUER: trust.issuer, JWKS_URL: trust.jwksUrl });
  const guard = createGuard(config, { feed: state.revocations, fetch, audience: trust.audience });
  await guard.ready;
  const issuers = [...guard.jwks].map(([issuer, jwks]) => ({ issuer, jwks, revocations: guard.revocations }));
  const verifier =
    maxCachedTokens === undefined
      ? guard.verifier
      : createVerifier({ issuers, audience: trust.audience, maxCachedTokens });
  return listening(Fastify(), (app) => app.register(tokenGuard, { guard: { verifier } }));
}

async function fastifyJwt(trust: Trust, cache: boolean): Promise<number> {
  const { default: jwt } = await import('@fastify/jwt');
  const key = createPublicKey({ key: trust.publicJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return listening(Fastify(), async (app) => {
    await app.register(jwt, {
      secret: { public: key.toString() },
      verify: { algorithms: ['RS256'], allowedIss: trust.issuer, allowedAud: trust.audience, cache },
    });
    app.addHook('onRequest', async (request) => {
      await request.jwtVerify();
    });
  });
}

async function listening(app: FastifyInstance, guard: (scope: FastifyInstance) => unknown): Promise<number> {
  app.register(async (scope) => {
    await guard(scope);
    scope.get('/', async () => BODY);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

interface ExpressApp {
  use(handler: unknown): void;
  get(path: string, handler: (request: unknown, response: { json(body: unknown): void }) => void): void;
}

async function express(guard: (app: ExpressApp) => void): Promise<number> {
  const { default: createApp } = await import('express');
  const app = createApp() as ExpressApp;
  guard(app);
  app.get('/', (_request, response) => response.json(BODY));
  const server = createServer(app as unknown as RequestListener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
