import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeAuth } from '../../services/gateway/test/support/fake-auth.ts';
import { site } from './known-keys.ts';
import { type Answer, call, password, type RunningSuite, runSuite } from './running-suite.ts';

/** The auth service that the gateway's tests run before answers as the real one does: the same statuses, codes and members. */

interface Auth {
  readonly url: string;
  readonly email: string;
  readonly password: string;
}

let suite: RunningSuite;
let both: { readonly real: Auth; readonly fake: Auth };
let close: () => void;

beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
  const fake = createFakeAuth();
  fake.hosts.set(site, site);
  const server = createServer((incoming, outgoing) => void fake.listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => server.close();
  const email = 'admin@localhost';
  both = {
    real: { url: suite.url, email, password },
    fake: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, email, password: 'right' },
  };
}, 120_000);
afterAll(async () => {
  close?.();
  await suite?.stop();
});

const logIn = ({ url, email, password: right }: Auth) =>
  call('POST', `${url}/auth/login`, { body: { email, password: right, site } });

type Exchange = (auth: Auth) => Promise<Answer>;
const exchanges: readonly (readonly [name: string, exchange: Exchange])[] = [
  ['a login', logIn],
  ['a wrong password', (auth) => logIn({ ...auth, password: 'wrong horse battery' })],
  [
    'a refresh',
    async (auth) => {
      const { refresh_token } = (await logIn(auth)).json;
      return call('POST', `${auth.url}/auth/refresh`, { body: { refresh_token } });
    },
  ],
  [
    'a refresh after the logout',
    async (auth) => {
      const { refresh_token } = (await logIn(auth)).json;
      await call('POST', `${auth.url}/auth/logout`, { body: { refresh_token } });
      return call('POST', `${auth.url}/auth/refresh`, { body: { refresh_token } });
    },
  ],
  [
    'a logout',
    async (auth) => {
      const { refresh_token } = (await logIn(auth)).json;
      return call('POST', `${auth.url}/auth/logout`, { body: { refresh_token } });
    },
  ],
  ['the account', async (auth) => call('GET', `${auth.url}/auth/me`, { token: (await logIn(auth)).json.access_token })],
  [
    'the sessions',
    async (auth) => call('GET', `${auth.url}/auth/sessions`, { token: (await logIn(auth)).json.access_token }),
  ],
  [
    'an authentication with a wrong password',
    async (auth) => {
      const { access_token: token } = (await logIn(auth)).json;
      return call('POST', `${auth.url}/auth/reauthenticate`, { token, body: { current_password: randomUUID() } });
    },
  ],
  [
    'an authentication again',
    async (auth) => {
      const { access_token: token } = (await logIn(auth)).json;
      return call('POST', `${auth.url}/auth/reauthenticate`, { token, body: { current_password: auth.password } });
    },
  ],
  ['the site of a host', ({ url }) => call('GET', `${url}/auth/hosts/${site}`)],
  ['an unknown host', ({ url }) => call('GET', `${url}/auth/hosts/nowhere.localhost`)],
  ['the public keys', ({ url }) => call('GET', `${url}/.well-known/jwks.json`)],
];

describe('the auth service of the gateway’s tests', () => {
  it.each(exchanges)('answers %s as the real one', async (_name, exchange) => {
    const [real, fake] = await Promise.all([exchange(both.real), exchange(both.fake)]);
    expect(fake.status).toBe(real.status);
    expect(fake.json?.code).toBe(real.json?.code);
    expect(differences(fake.json, real.json)).toEqual([]);
  });
});

/** Members of the one document that the other has not, or not with the same type. Null stands for any type. */
function differences(fake: unknown, real: unknown, path = ''): string[] {
  if (fake === null || real === null || (typeof fake !== 'object' && typeof fake === typeof real)) return [];
  if (typeof fake !== typeof real || Array.isArray(fake) !== Array.isArray(real)) return [path];
  if (Array.isArray(fake)) {
    const [first] = real as unknown[];
    return first === undefined ? [] : fake.flatMap((one) => differences(one, first, `${path}[]`));
  }
  return Object.entries(fake as object).flatMap(([name, value]) => {
    const other = (real as Record<string, unknown>)[name];
    return other === undefined ? [`${path}.${name}`] : differences(value, other, `${path}.${name}`);
  });
}
