import { createPublicKey, randomUUID } from 'node:crypto';
import { site } from './known-keys.ts';
import { call } from './running-suite.ts';
import type { Claims } from './signed-as.ts';
import {
  accessClaims,
  expectStatus,
  type PreparedEndpoint,
  type Reply,
  refreshClaims,
  type TokenEndpoint,
  times,
  type World,
} from './token-endpoint.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The places of `/oauth/*` that take tokens. */
export const oauthEndpoints: readonly TokenEndpoint[] = [
  { name: '`POST /oauth/token`, grant `refresh_token`', takes: 'refresh', prepare: refreshGrant },
  { name: '`POST /oauth/token`, token exchange, `subject_token`', takes: 'access', prepare: subjectToken },
  { name: '`POST /oauth/token`, token exchange, `actor_token`', takes: undefined, prepare: actorToken },
  {
    name: '`POST /oauth/token`, `client_assertion`',
    takes: 'clientAssertion',
    alsoTakesType: 'JWT',
    prepare: assertion,
  },
  { name: '`POST /oauth/introspect`, of an access token', takes: 'access', prepare: introspected(accessTokenClaims) },
  { name: '`POST /oauth/introspect`, of a refresh token', takes: 'refresh', prepare: introspected(refreshClaims) },
  { name: '`POST /oauth/revoke`, of an access token', takes: 'access', prepare: revokedAccess, refersByJti: true },
  { name: '`POST /oauth/revoke`, of a refresh token', takes: 'refresh', prepare: revokedRefresh, mayTake: ['expired'] },
];

async function refreshGrant(world: World): Promise<PreparedEndpoint> {
  return {
    claims: await refreshClaims(world),
    present: (refresh_token) =>
      asked(world, 'token', { grant_type: 'refresh_token', client_id: 'gaia', refresh_token }),
  };
}

async function subjectToken(world: World): Promise<PreparedEndpoint> {
  const client = await newClient(world);
  const form = { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN, ...client };
  return {
    claims: accessClaims(world.suite),
    present: (token) => asked(world, 'token', { ...form, subject_token: token }),
  };
}

/** The client that authenticates is the actor, whatever else is shown. */
async function actorToken(world: World): Promise<PreparedEndpoint> {
  const client = await newClient(world);
  const form = { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN, subject_token: world.token, ...client };
  const { status } = await asked(world, 'token', form);
  if (status !== 200) throw new Error(`the exchange without actor_token was answered ${status}`);
  return {
    claims: accessClaims(world.suite),
    present: (token) => asked(world, 'token', { ...form, actor_token: token, actor_token_type: ACCESS_TOKEN }),
  };
}

/** `private_key_jwt` (RFC 7523): signed with a key of the client's own. */
async function assertion(world: World): Promise<PreparedEndpoint> {
  const publicKey = createPublicKey(world.clientKey).export({ format: 'jwk' });
  const { client_id: id } = await newClient(world, { public_keys: [publicKey] });
  const form = { grant_type: 'client_credentials', client_assertion_type: JWT_BEARER };
  return {
    claims: { iss: id, sub: id, aud: `${world.suite.url}/oauth/token`, ...times(60), jti: randomUUID() },
    present: (token) => asked(world, 'token', { ...form, client_assertion: token }),
  };
}

async function accessTokenClaims({ suite }: World): Promise<Claims> {
  return accessClaims(suite);
}

function introspected(claims: (world: World) => Promise<Claims>) {
  return async (world: World): Promise<PreparedEndpoint> => {
    const client = await newClient(world);
    return {
      claims: await claims(world),
      present: async (token) => {
        const { status, json } = await asked(world, 'introspect', { ...client, token });
        return { status, json, refusal: json.active === false ? `${status}, not active` : undefined };
      },
    };
  };
}

/** RFC 7009 §2.2: the answer is the same for everything, so what counts is whether anything has ended. */
async function revokedAccess(world: World): Promise<PreparedEndpoint> {
  const { suite } = world;
  const claims = accessClaims(suite);
  const good = suite.issuer.sign(suite.issuer.header(), claims);
  return {
    claims,
    present: async (token) => {
      const { status, json } = await asked(world, 'revoke', { token });
      return { status, json, refusal: await nothingEnded(world, status, good) };
    },
  };
}

async function revokedRefresh(world: World): Promise<PreparedEndpoint> {
  const { suite } = world;
  const claims = await refreshClaims(world);
  const ofSession = suite.issuer.tokenFor({ role: 'owner', sessionId: String(claims.sid) });
  return {
    claims,
    present: async (token) => {
      const { status, json } = await asked(world, 'revoke', { token });
      return { status, json, refusal: await nothingEnded(world, status, ofSession) };
    },
  };
}

async function nothingEnded({ suite }: World, status: number, token: string): Promise<string | undefined> {
  const stillGood = (await call('GET', `${suite.url}/auth/me`, { token })).status === 200;
  return status === 200 && stillGood ? '200, nothing ends' : undefined;
}

/** A service account of the site that may act for users; with a secret unless it has keys. */
async function newClient({ suite, token }: World, more: object = {}): Promise<Record<'client_id', string>> {
  const id = `c${randomUUID().slice(0, 8)}`;
  const body = { id, site, scopes: ['content:read'], may_exchange: true, ...more };
  const made = await expectStatus(201, call('POST', `${suite.url}/auth/clients`, { token, body }));
  const { secret, client_secret = secret } = made.json;
  return { client_id: id, ...(client_secret && { client_secret }) };
}

async function asked({ suite }: World, path: string, form: Readonly<Record<string, string>>): Promise<Reply> {
  const answer = await fetch(`${suite.url}/oauth/${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const text = await answer.text();
  const json = text === '' ? {} : JSON.parse(text);
  return { status: answer.status, json: { ...json, code: json.error } };
}
