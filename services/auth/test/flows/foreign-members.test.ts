import { randomUUID } from 'node:crypto';
import { dereferenced } from '@gaia/testing/dereferenced';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthUnderTest, claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';
import { type Schema, sampleOf } from '../support/sample.ts';

/** What would give its sender something if a body could set it. */
const foreign: Readonly<Record<string, unknown>> = {
  id: randomUUID(),
  sub: randomUUID(),
  role: 'owner',
  roles: ['owner'],
  site: 'site-b.localhost',
  scope: 'sites:manage',
  permissions: ['site:delete'],
  administrator: true,
  verified: true,
  email_verified: true,
  disabled: false,
  password_hash: '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
};

/** Where such a member is what the route is there for. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  'POST /auth/login': ['site'],
  'POST /auth/switch': ['site'],
  'POST /auth/tokens': ['site', 'scope'],
  'POST /auth/sites': ['id'],
  'POST /auth/clients': ['id', 'site', 'disabled'],
  'PATCH /auth/clients/{client}': ['disabled'],
  'PATCH /auth/users/{user}': ['administrator', 'disabled', 'email_verified'],
  'PUT /auth/sites/{site}/members/{user}': ['roles'],
  'POST /auth/sites/{site}/invitations': ['roles'],
  'PUT /auth/sites/{site}/roles/{role}': ['permissions'],
};

interface Route {
  readonly name: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly isPublic: boolean;
  readonly body: Schema;
}

let auth: AuthUnderTest;
let accessToken: string;
beforeAll(async () => {
  auth = await startAuth({ env: { RATE_LIMIT: 'off', SERVICE_CLIENTS: `search=${'s'.repeat(32)}:feed:read` } });
  accessToken = (await auth.login()).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

it('refuses them in the JSON body of every route that it documents', async () => {
  const routes = await routesWithBody('application/json');
  expect(routes.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(wanted)));
  for (const route of routes) {
    const { name, body } = route;
    const sample = sampleOf(body) as Readonly<Record<string, unknown>>;
    const known = propertiesOf(body).filter((member) => Object.hasOwn(foreign, member));
    expect(known.sort(), name).toEqual([...(wanted[name] ?? [])].sort());
    for (const [member, value] of Object.entries(foreign)) {
      if (known.includes(member)) continue;
      const answer = await send(route, JSON.stringify({ ...sample, [member]: value }));
      expect(refusal(answer), `${name} with ${member}`).toEqual({ status: 400, code: 'validation_failed' });
      if (body.anyOf !== undefined) continue;
      expect(answer.json().errors, name).toEqual([{ path: `/body/${member}`, message: 'is not known here' }]);
    }
    for (const poison of ['"__proto__":{"roles":["owner"]}', '"constructor":{"prototype":{"roles":["owner"]}}']) {
      const answer = await send(route, JSON.stringify({ ...sample, poison: 0 }).replace('"poison":0', poison));
      expect(refusal(answer), name).toEqual({ status: 400, code: 'malformed_json' });
    }
  }
});

it('pays no heed to them in forms, where unknown parameters are to be ignored (RFC 6749 §3.2)', async () => {
  const routes = await routesWithBody('application/x-www-form-urlencoded');
  expect(routes.map(({ name }) => name)).toEqual(['POST /oauth/token', 'POST /oauth/revoke', 'POST /oauth/introspect']);
  const { scope: _wanted, ...unknown } = foreign;
  const form = (parameters: Readonly<Record<string, unknown>>) =>
    auth.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(`search:${'s'.repeat(32)}`).toString('base64')}`,
      },
      payload: new URLSearchParams({
        grant_type: 'client_credentials',
        ...(parameters as Record<string, string>),
      }).toString(),
    });
  const plain = claimsOf((await form({})).json().access_token);
  const loaded = await form({ ...unknown, ['__proto__']: 'x', constructor: 'x', aud: 'x', client_id: 'search' });
  expect(loaded.statusCode, loaded.body).toBe(200);
  const { jti, iat, nbf, exp, ...claims } = claimsOf(loaded.json().access_token);
  expect(plain).toMatchObject(claims);
  expect(claims).toMatchObject({ sub: 'search', scope: 'feed:read' });
  expect(claims).not.toHaveProperty('roles', ['owner']);
  expect(claims).not.toHaveProperty('site');
});

/** The routes that take a body of this type, by the service's own OpenAPI document. */
async function routesWithBody(mediaType: string): Promise<readonly Route[]> {
  const { paths } = dereferenced((await auth.get('/openapi.json')).json());
  const routes: Route[] = [];
  for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
    for (const [verb, { requestBody, security = [] }] of Object.entries(operations)) {
      const body = requestBody?.content[mediaType]?.schema;
      const method = verb.toUpperCase() as Route['method'];
      const url = path.replace('{user}', randomUUID()).replaceAll(/\{\w+\}/g, 'member');
      if (body) routes.push({ name: `${method} ${path}`, method, url, isPublic: security.length === 0, body });
    }
  }
  return routes;
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema } | undefined>> };
  readonly security?: readonly unknown[];
}

function send({ method, url, isPublic }: Route, payload: string) {
  const headers = { 'content-type': 'application/json', ...(!isPublic && { authorization: `Bearer ${accessToken}` }) };
  return auth.app.inject({ method, url, headers, payload });
}

function propertiesOf({ anyOf, properties = {} }: Schema): readonly string[] {
  return anyOf ? anyOf.flatMap(propertiesOf) : Object.keys(properties);
}
