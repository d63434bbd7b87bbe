import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { TokenPurposeName } from '@gaia/tokens/purposes';
import { login, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { mailedLink } from './mailed-link.ts';
import { oauthEndpoints } from './oauth-endpoints.ts';
import { call, password } from './running-suite.ts';
import type { Claims } from './signed-as.ts';
import {
  accessClaims,
  claimsOf,
  expectStatus,
  type Reply,
  refreshClaims,
  type TokenEndpoint,
  times,
  type World,
} from './token-endpoint.ts';

const MESSAGE = JSON.stringify({ type: 'a.message' });

/** Adding an endpoint is adding a line. */
export const tokenEndpoints: readonly TokenEndpoint[] = [
  bearerAt('auth `GET /auth/me`', 1, '/auth/me'),
  bearerAt('cms `GET /cms/whoami`', 2, '/cms/whoami'),
  bearerAt('assets `GET /assets/whoami`', 3, '/assets/whoami'),
  bearerAt('search `GET /search/whoami`', 4, '/search/whoami'),
  bearerAt('gateway `GET /cms/whoami`', 0, '/cms/whoami'),
  bearerAt('cms `GET /cms/sites/:site/entries`, open to anonymous callers', 2, `/cms/sites/${site}/entries`),
  bearerAt('search `GET /search`, open to anonymous callers', 4, `/search?site=${site}&q=heron`),
  { name: 'cms `POST /graphql`', takes: 'access', prepare: graphql },
  { name: '`?access_token=` (RFC 6750 §2.3)', takes: undefined, prepare: accessTokenInQuery },
  { name: 'gateway, as the session cookie', takes: undefined, prepare: sessionCookie },
  { name: 'gateway, as the CSRF token of a session', takes: undefined, prepare: csrfToken },
  { name: '`POST /auth/sso/hand-over`, as bearer', takes: 'access', prepare: handOver },
  { name: '`POST /auth/logout`, as bearer', takes: 'access', accepts: 204, prepare: logout },
  posted('`POST /auth/refresh`', 'refresh', '/auth/refresh', 'refresh_token', refreshClaims),
  posted('gateway `POST /@/api/refresh`', 'refresh', '/@/api/refresh', 'refresh_token', refreshClaims),
  { name: '`POST /auth/switch`, `refresh_token`', takes: 'refresh', prepare: switchSite },
  ...oauthEndpoints,
  {
    ...posted('`POST /auth/logout`', 'refresh', '/auth/logout', 'refresh_token', refreshClaims),
    accepts: 204,
    mayTake: ['expired'],
  },
  {
    ...posted('`POST /auth/sso/logout`', 'refresh', '/auth/sso/logout', 'refresh_token', refreshClaims),
    accepts: 204,
    mayTake: ['expired'],
  },
  { name: 'gateway `GET /sso?token=`', takes: 'siteHandOver', accepts: 303, prepare: arrival },
  { name: '`POST /auth/sso/exchange`', takes: 'siteHandOver', prepare: exchange },
  { ...posted('`POST /auth/reset`', 'passwordReset', '/auth/reset', 'token', resetClaims), accepts: 204 },
  posted('`POST /auth/reset/details`', 'passwordReset', '/auth/reset/details', 'token', resetClaims),
  posted('`POST /auth/verify`', 'emailVerification', '/auth/verify', 'token', verificationClaims),
  posted('`POST /auth/verify/details`', 'emailVerification', '/auth/verify/details', 'token', verificationClaims),
  { name: '`POST /auth/email-change`', takes: 'emailChange', prepare: emailChange('/auth/email-change') },
  {
    name: '`POST /auth/email-change/details`',
    takes: 'emailChange',
    prepare: emailChange('/auth/email-change/details'),
  },
  posted('`POST /auth/invitation/details`', 'invitation', '/auth/invitation/details', 'token', invitationClaims),
  posted('`POST /auth/invitation`', 'invitation', '/auth/invitation', 'token', invitationClaims),
  { name: '`GET /assets/:id?token=`', takes: 'fileDownload', prepare: download(''), refersByJti: true },
  {
    name: '`GET /assets/:id/:hash/:name?token=`',
    takes: 'fileDownload',
    // The token is asked before the address, which is of no variant.
    prepare: download('/w320-0000000000000000/heron.webp'),
    accepts: 404,
    code: 'variant_not_found',
    refersByJti: true,
  },
  { name: '`POST /cms/hooks/:endpoint`', takes: 'webhook', prepare: webhook, mayTake: ['issuer'] },
];

function bearerAt(name: string, offset: number, path: string): TokenEndpoint {
  return {
    name,
    takes: 'access',
    hasAdversarialPack: true,
    prepare: async ({ suite }) => ({
      claims: accessClaims(suite),
      present: (token) => call('GET', `http://127.0.0.1:${suite.port + offset}${path}`, { token }),
    }),
  };
}

/** A token in a member of the body; the other members are what the endpoint needs to accept it. */
function posted(
  name: string,
  takes: TokenPurposeName,
  path: string,
  member: string,
  claimsFor: (world: World) => Promise<Claims>,
): TokenEndpoint {
  const others = path.endsWith('/details') ? {} : choiceAt(path);
  return {
    name,
    takes,
    prepare: async (world) => ({
      claims: await claimsFor(world),
      present: (token) => call('POST', world.suite.url + path, { body: { [member]: token, ...others } }),
    }),
  };
}

/** The credentials that the link of an unproved account asks for. */
function choiceAt(path: string): { password?: string } {
  const links = ['/auth/reset', '/auth/verify', '/auth/email-change', '/auth/invitation'];
  return links.includes(path) ? { password: 'a-heron-in-the-reeds-47' } : {};
}

async function sessionCookie({ suite }: World) {
  return {
    claims: accessClaims(suite),
    present: (token: string) =>
      call('GET', `${suite.url}/cms/whoami`, { headers: { cookie: `gaia-${suite.port}=${token}` } }),
  };
}

async function graphql({ suite }: World) {
  const body = { query: '{ __typename }' };
  return {
    claims: accessClaims(suite),
    present: (token: string) => call('POST', `http://127.0.0.1:${suite.port + 2}/graphql`, { token, body }),
  };
}

async function accessTokenInQuery({ suite }: World) {
  return {
    claims: accessClaims(suite),
    present: (token: string) => call('GET', `${suite.url}/cms/whoami?access_token=${token}`),
  };
}

/** What a browser shows beside its cookie is made from the session, and is no token of any kind. */
async function csrfToken({ suite }: World) {
  const signedIn = await call('POST', `${suite.url}/session`, { body: { email: 'admin@localhost', password, site } });
  const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const headers = { cookie, origin: suite.url };
  return {
    claims: accessClaims(suite),
    present: (token: string) =>
      call('POST', `${suite.url}/cms/sites/${site}/types`, {
        headers: { ...headers, 'x-csrf-token': token },
        body: {},
      }),
  };
}

async function switchSite({ suite }: World) {
  const { access, refresh } = await login(suite.url);
  return {
    claims: claimsOf(refresh),
    present: (token: string) =>
      call('POST', `${suite.url}/auth/switch`, { token: access, body: { site, refresh_token: token } }),
  };
}

async function handOver({ suite }: World) {
  const { access } = await login(suite.url);
  const body = { host: 'site-b.localhost', nonce: 'n'.repeat(43) };
  return {
    claims: claimsOf(access),
    present: (token: string) => call('POST', `${suite.url}/auth/sso/hand-over`, { token, body }),
  };
}

async function logout({ suite }: World) {
  const { access } = await login(suite.url);
  return {
    claims: claimsOf(access),
    present: (token: string) => call('POST', `${suite.url}/auth/logout`, { token }),
  };
}

/** A browser that site B has sent away to sign in, and that comes back. */
async function arrival({ suite }: World) {
  const host = `site-b.localhost:${suite.port}`;
  const begun = await getFrom(suite.port, host, '/sso?return=/');
  const cookie = begun.setCookie.split(';', 1)[0] ?? '';
  const nonce = new URL(begun.location).searchParams.get('nonce');
  const claims = await handOverClaims(suite, `http://${host}`, nonce);
  return {
    claims,
    present: (token: string) => getFrom(suite.port, host, `/sso?token=${encodeURIComponent(token)}`, cookie),
  };
}

async function exchange({ suite }: World) {
  const verifier = 'v'.repeat(43);
  const nonce = createHash('sha256').update(verifier).digest('base64url');
  return {
    claims: await handOverClaims(suite, `http://site-b.localhost:${suite.port}`, nonce),
    present: (token: string) => call('POST', `${suite.url}/auth/sso/exchange`, { body: { token, verifier } }),
  };
}

async function handOverClaims(suite: SuiteWithKnownKeys, aud: string, nonce: string | null): Promise<Claims> {
  const { iss, sub, sid } = claimsOf((await login(suite.url)).access);
  return { iss, sub, aud, ...times(60), jti: randomUUID(), sid, site: 'site-b.localhost', nonce };
}

async function resetClaims(world: World): Promise<Claims> {
  const email = await newUser(world);
  await expectStatus(202, call('POST', `${world.suite.url}/auth/forgot`, { body: { email } }));
  return claimsOf(await mailedLink(world.suite.dataDir, email, '/reset'));
}

async function verificationClaims(world: World): Promise<Claims> {
  const email = await newUser(world);
  const token = await tokenOf(world, email);
  await expectStatus(202, call('POST', `${world.suite.url}/auth/me/verification`, { token }));
  return claimsOf(await mailedLink(world.suite.dataDir, email, '/verify'));
}

/** In a session of the account that asked for the link. */
function emailChange(path: string) {
  return async (world: World) => {
    const { url, dataDir } = world.suite;
    const token = await tokenOf(world, await newUser(world));
    const email = `${randomUUID()}@example.com`;
    await expectStatus(202, call('POST', `${url}/auth/me/email`, { token, body: { email, password } }));
    const claims = claimsOf(await mailedLink(dataDir, email, '/email-change'));
    const choice = choiceAt(path);
    return {
      claims,
      present: (link: string) => call('POST', url + path, { token, body: { token: link, ...choice } }),
    };
  };
}

async function invitationClaims({ suite, token }: World): Promise<Claims> {
  const body = { email: `${randomUUID()}@example.com`, roles: ['member'] };
  await expectStatus(201, call('POST', `${suite.url}/auth/sites/${site}/invitations`, { token, body }));
  return claimsOf(await mailedLink(suite.dataDir, body.email, '/invitation'));
}

function download(variant: string) {
  return async ({ suite, token }: World) => {
    const form = new FormData();
    form.append('file', new Blob(['a heron']), 'heron.txt');
    const file = await call('POST', `${suite.url}/assets/sites/${site}/files`, { token, body: form });
    const link = await call('POST', `${suite.url}/assets/${file.json.id}/link`, { token });
    const address = `${suite.url}/assets/${file.json.id}${variant}`;
    return {
      claims: claimsOf(new URL(link.json.url).searchParams.get('token') ?? ''),
      present: (shown: string) => call('GET', `${address}?token=${encodeURIComponent(shown)}`),
    };
  };
}

async function webhook({ suite, webhook: { id } }: World) {
  const digest = createHash('sha256').update(MESSAGE).digest('hex');
  return {
    claims: {
      iss: 'payments',
      aud: id,
      sub: 'payments',
      ...times(300),
      jti: randomUUID(),
      request_body_sha256: digest,
    },
    present: (token: string) =>
      call('POST', `${suite.url}/cms/hooks/${id}`, { token, body: JSON.parse(MESSAGE) as unknown }),
  };
}

/** A user who belongs to the site and whose address is unproved. */
async function newUser({ suite, token }: World): Promise<string> {
  const email = `${randomUUID()}@example.com`;
  const user = await call('POST', `${suite.url}/auth/users`, { token, body: { email, password } });
  const member = `${suite.url}/auth/sites/${site}/members/${user.json.id}`;
  await call('PUT', member, { token, body: { roles: ['member'] } });
  return email;
}

async function tokenOf({ suite }: World, email: string): Promise<string> {
  return (await call('POST', `${suite.url}/auth/login`, { body: { email, password, site } })).json.access_token;
}

/** fetch cannot set the Host header. */
function getFrom(port: number, host: string, path: string, cookie?: string) {
  return new Promise<Reply & { setCookie: string; location: string }>((resolve, reject) => {
    const headers = { host, ...(cookie !== undefined && { cookie }) };
    httpRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { location = '', 'set-cookie': setCookies = [], 'content-type': type = '' } = response.headers;
        const json = type.includes('json') ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, json, location, setCookie: setCookies[0] ?? '' });
      });
    })
      .on('error', reject)
      .end();
  });
}
