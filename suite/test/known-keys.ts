import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestIssuer, type TestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';

export const site = 'site-a.localhost';

/** The keys that the suite was told to use, so that a test can sign what the suite itself would sign. */
export interface KnownKeys {
  readonly signingKeyPem: string;
  readonly refreshSecret: string;
  readonly linkKey: { readonly kid: string; readonly secret: string };
}

export interface SuiteWithKnownKeys extends RunningSuite {
  readonly keys: KnownKeys;
  /** Signs with the suite's own key, as its own issuer, and by default for its administrator. */
  readonly issuer: TestIssuer;
  /** Id of the administrator. */
  readonly administrator: string;
}

/** The whole suite on keys of the test's own. */
export async function runSuiteWithKnownKeys(env: Readonly<Record<string, string>> = {}): Promise<SuiteWithKnownKeys> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const keys: KnownKeys = {
    signingKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    refreshSecret: randomUUID() + randomUUID(),
    linkKey: { kid: 'known', secret: randomUUID() + randomUUID() },
  };
  const directory = await mkdtemp(join(tmpdir(), 'gaia-keys-'));
  try {
    const file = join(directory, 'signing-key.pem');
    await writeFile(file, keys.signingKeyPem, { mode: 0o600 });
    const suite = await runSuite({
      RATE_LIMIT: 'off',
      AUTH_SIGNING_KEY_FILE: file,
      AUTH_REFRESH_SECRET: keys.refreshSecret,
      ASSETS_LINK_KEYS: `${keys.linkKey.kid}:${keys.linkKey.secret}`,
      ...env,
    });
    const administrator: string = (await login(suite.url)).user;
    return { ...suite, keys, administrator, issuer: await issuerOf(suite.url, keys, administrator) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Tokens of the administrator at a site, and whom they are for. */
export async function login(url: string, where = site): Promise<{ access: string; refresh: string; user: string }> {
  const body = { email: 'admin@localhost', password, site: where };
  const { json } = await call('POST', `${url}/auth/login`, { body });
  const me = await call('GET', `${url}/auth/me`, { token: json.access_token });
  return { access: json.access_token, refresh: json.refresh_token, user: me.json.id };
}

async function issuerOf(url: string, keys: KnownKeys, administrator: string): Promise<TestIssuer> {
  const signingKey = { privateKey: createPrivateKey(keys.signingKeyPem) };
  const issuer = await createTestIssuer({ issuer: url, signingKey });
  const forSomebodyReal = (request: TokenRequest = {}): TokenRequest => ({ subject: administrator, ...request });
  return Object.create(issuer, {
    tokenFor: { value: (request?: TokenRequest) => issuer.tokenFor(forSomebodyReal(request)) },
    claimsFor: { value: (request?: TokenRequest) => issuer.claimsFor(forSomebodyReal(request)) },
  }) as TestIssuer;
}
