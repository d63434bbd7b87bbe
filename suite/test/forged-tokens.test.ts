import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { type ForgedToken, forgedTokens, type GenuineToken } from '@gaia/testing/forged-tokens';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { login, runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { call } from './running-suite.ts';
import { type Claims, type PurposeKeys, signerOf } from './signed-as.ts';
import type { Reply, World } from './token-endpoint.ts';
import { tokenEndpoints } from './token-endpoints.ts';

const clientKey = generateKeyPairSync('ed25519').privateKey;
/** A webhook refuses everything from an address that has sent it this many forgeries within a minute. */
const WEBHOOK_FORGERIES = 60;

let suite: SuiteWithKnownKeys;
let token: string;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
  token = (await login(suite.url)).access;
  await call('PATCH', `${suite.url}/auth/sites/${site}`, { token, body: { registration: 'invitation' } });
}, 60_000);
afterAll(() => suite?.stop());

/** With a webhook of its own. */
async function newWorld(): Promise<{ world: World; keys: PurposeKeys }> {
  const { json } = await call('POST', `${suite.url}/cms/sites/${site}/webhooks`, { token, body: { name: 'payments' } });
  return {
    world: { suite, token, webhook: { id: json.id }, clientKey },
    keys: { ...suite.keys, signing: suite.issuer.key, webhookSecret: json.secret, clientKey },
  };
}

const takers = tokenEndpoints.flatMap((endpoint) =>
  endpoint.takes === undefined || endpoint.hasAdversarialPack ? [] : [{ ...endpoint, purpose: endpoint.takes }],
);
/** The first place of a purpose gets every forgery; others share its verifier, and get what their own rules refuse. */
const doors = takers.map((endpoint) => ({
  ...endpoint,
  isFirst: takers.find(({ purpose }) => purpose === endpoint.purpose)?.name === endpoint.name,
}));

it.each(doors)(
  '$name accepts no forgery of a token that it takes',
  async ({ purpose, prepare, isFirst, accepts = 200, refersByJti, mayTake = [] }) => {
    let { world, keys } = await newWorld();
    let { claims, present } = await prepare(world);
    const genuine = () => {
      const jti = refersByJti === undefined && claims.jti !== undefined ? { jti: randomUUID() } : {};
      return genuineToken(purpose, { ...claims, ...jti }, keys);
    };
    const faults: string[] = [];
    const take = () => {
      const all = forgedTokens(genuine).filter(({ only }) => only === undefined || !mayTake.includes(only));
      return isFirst ? all : all.filter(({ group }, index) => group === 'claim' || group !== all[index - 1]?.group);
    };
    let forgeries = take();
    expect(forgeries.length).toBe(new Set(forgeries.map(({ text }) => text)).size);
    for (let index = 0; index < forgeries.length; index += 1) {
      if (purpose === 'webhook' && index % WEBHOOK_FORGERIES === WEBHOOK_FORGERIES - 1) {
        ({ world, keys } = await newWorld());
        ({ claims, present } = await prepare(world));
        forgeries = take();
      }
      const forged = forgeries[index] as ForgedToken;
      const fault = faultOf(forged, await present(forged.text));
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);

    const { status, refusal } = await present(tokenOf(genuine()));
    expect([status, refusal], 'the good token after all of them').toEqual([accepts, undefined]);
  },
  60_000,
);

it('has a door for every purpose', () => {
  expect(new Set(doors.map(({ purpose }) => purpose))).toEqual(new Set(Object.keys(tokenPurposes)));
});

function genuineToken(purpose: TokenPurposeName, claims: Claims, keys: PurposeKeys): GenuineToken {
  const { alg, kid, signature } = signerOf(purpose, keys);
  const { typ } = tokenPurposes[purpose];
  return {
    header: { alg, typ, ...(kid !== undefined && { kid }) },
    claims,
    signature,
    publicKeyPem:
      alg === 'RS256'
        ? createPublicKey(keys.signing.privateKey).export({ type: 'spki', format: 'pem' }).toString()
        : undefined,
  };
}

function tokenOf({ header, claims, signature }: GenuineToken): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${signature(text)}`;
}

/** RFC 9110 §15.5: a forgery is an error of the client, never of the server, and has a code that says which. */
function faultOf({ name }: ForgedToken, { status, json, refusal }: Reply): string | undefined {
  if (refusal !== undefined) return undefined;
  if (status < 400) return `${name}: accepted with ${status}`;
  if (status >= 500) return `${name}: answered ${status}`;
  return typeof json?.code === 'string' ? undefined : `${name}: ${status} without a code`;
}
