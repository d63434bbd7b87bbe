import { setTimeout as sleep } from 'node:timers/promises';
import { createJwksCache } from '@gaia/jwks-cache';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { createVerifier } from '@gaia/token-guard/verifier';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';
import { answersEverywhere, guardedPlaces, startTokenTraffic } from './token-traffic.ts';

/** `ROTATION_SECONDS=60` for the long form: rotations all the time, and every service a process of its own. */
const seconds = Number(process.env.ROTATION_SECONDS ?? 0);
const perSecond = Number(process.env.ROTATION_RATE ?? 200);

const SKEW_MS = 25_000;
const waitOptions = { timeout: 60_000, interval: 50 };
const served = guardedPlaces.map(() => '200');

interface Key {
  readonly kid: string;
  readonly state: 'next' | 'active' | 'retiring';
}

let suite: RunningSuite;
beforeAll(async () => {
  const { redis } = inject('gaiaServers');
  const separately = seconds > 0 && 'url' in redis ? redis.url : undefined;
  suite = await runSuite(
    {
      RATE_LIMIT: 'off',
      LOG_LEVEL: 'silent',
      AUTH_KEY_PUBLISH_SECONDS: '1',
      AUTH_KEY_CHECK_SECONDS: '1',
      ...(separately !== undefined && { REDIS_URL: separately }),
    },
    separately === undefined ? {} : { mode: 'separate' },
  );
}, 60_000);
afterAll(() => suite?.stop());

it(
  'refuses nothing while keys rotate under load, and verifiers neither that are cold, stalled or 25 s off',
  async () => {
    const freshToken = await openSession();
    const tokens = [await freshToken()];
    // A key that no service has heard of signs now, and there is one more to come.
    await command(tokens, 'rotate', { at_once: true });
    await using traffic = startTokenTraffic(suite, tokens, perSecond);
    await using opened = new AsyncDisposableStack();
    const way = await startCuttableProxy(`http://127.0.0.1:${suite.port + 1}`);
    opened.defer(() => way.close());
    const until = Date.now() + seconds * 1_000;
    let rotations = 1;
    let verified = 0;
    for (;;) {
      const keys = await keysWithNext(tokens);
      await everyServiceKnows(keys.length);
      const [stalled, fast, slow] = await Promise.all([
        openVerifier({ url: way.url, keys: keys.length }),
        openVerifier({ skewMs: SKEW_MS, keys: keys.length }),
        openVerifier({ skewMs: -SKEW_MS, keys: keys.length }),
      ]);
      way.stall();
      let hangs = true;
      const hanging = stalled.jwks.refresh().finally(() => {
        hangs = false;
      });

      await command(tokens, 'rotate', {});
      const next = keys.find(({ state }) => state === 'next')?.kid;
      const fresh = await vi.waitFor(async () => {
        const token = await freshToken();
        expect(kidOf(token)).toBe(next);
        return token;
      }, waitOptions);
      tokens.push(fresh);
      const cold = await openVerifier();
      for (const { verifier } of [cold, stalled, fast, slow]) {
        for (const token of tokens) {
          expect(await verifier.verify(token)).toMatchObject({ site: 'site-a.localhost' });
          verified += 1;
        }
      }
      expect(hangs).toBe(true);
      await traffic.newestSeenEverywhere();
      for (const { jwks } of [cold, stalled, fast, slow]) jwks.close();
      await hanging;
      way.restore();
      rotations += 1;
      if (Date.now() >= until) break;
      // No more than 32 keys are published at a time, and the oldest tokens would expire.
      await sleep((seconds * 1_000) / 24);
      tokens.splice(0, tokens.length - 12);
    }
    expect(traffic.refused).toEqual([]);
    if (seconds > 0) console.log({ rotations, requests: traffic.requests(), refused: 0, verified });
  },
  seconds * 1_000 + 120_000,
);

it('refuses everywhere what a compromised key has signed, and takes what the next one signs', async () => {
  const freshToken = await openSession();
  const tokens = [await freshToken()];
  const [lost = ''] = tokens;
  expect(await answersEverywhere(suite, lost)).toEqual(served);
  await command(tokens, `${kidOf(lost)}/compromise`);
  await vi.waitFor(async () => {
    for (const answer of await answersEverywhere(suite, lost)) {
      // The key is refused by its name, or is not known any more.
      expect(['401 token_revoked', '401 token_invalid']).toContain(answer);
    }
  }, waitOptions);
  const fresh = await freshToken();
  expect(kidOf(fresh)).not.toBe(kidOf(lost));
  await vi.waitFor(async () => expect(await answersEverywhere(suite, fresh)).toEqual(served), waitOptions);
}, 120_000);

/** A login of the administrator; each call refreshes it and gives a new access token. */
async function openSession(): Promise<() => Promise<string>> {
  const body = { email: 'admin@localhost', password, site: 'site-a.localhost' };
  let { json } = await call('POST', `${suite.url}/auth/login`, { body });
  return async () => {
    const { refresh_token } = json;
    ({ json } = await call('POST', `${suite.url}/auth/refresh`, { body: { refresh_token } }));
    return json.access_token;
  };
}

async function command(tokens: readonly string[], path: string, body?: object): Promise<void> {
  const answer = await call('POST', `${suite.url}/auth/keys/${path}`, {
    token: tokens.at(-1) ?? '',
    ...(body && { body }),
  });
  expect(answer.status, answer.text).toBe(200);
}

/** All published keys, as soon as one of them is to sign next. */
function keysWithNext(tokens: readonly string[]): Promise<readonly Key[]> {
  return vi.waitFor(async () => {
    const { json } = await call('GET', `${suite.url}/auth/keys`, { token: tokens.at(-1) ?? '' });
    const keys: readonly Key[] = json.items;
    expect(keys.map(({ state }) => state)).toContain('next');
    return keys;
  }, waitOptions);
}

/**
 * Waits until no service has to fetch keys, which in an installation AUTH_KEY_PUBLISH_SECONDS is for. Tokens of unknown
 * keys make them ask, at most once in ten seconds.
 */
async function everyServiceKnows(keys: number): Promise<void> {
  const unknown = `${encoded({ alg: 'RS256', typ: 'at+jwt', kid: 'unknown' })}.${encoded({ iss: suite.url })}.AAAA`;
  await vi.waitFor(
    async () => {
      for (const [, offset, path] of guardedPlaces.slice(1, 4)) {
        const origin = `http://127.0.0.1:${suite.port + offset}`;
        const { json } = await call('GET', `${origin}/ready`);
        if (json.checks.keys.detail.keys !== keys) await call('GET', origin + path, { token: unknown });
        expect(json.checks.keys.detail.keys).toBe(keys);
      }
    },
    { timeout: 60_000, interval: 100 },
  );
}

/** A verifier as every service has one: without `keys` it is asked before its first keys have arrived. */
async function openVerifier({ url = `http://127.0.0.1:${suite.port + 1}/`, skewMs = 0, keys = 0 } = {}) {
  const now = () => Date.now() + skewMs;
  const jwks = createJwksCache({ url: `${url}.well-known/jwks.json`, fetch, now, timeoutMs: 120_000 });
  if (keys > 0) {
    await jwks.ready;
    expect(jwks.status()).toMatchObject({ lastError: undefined, kids: { length: keys } });
  }
  return { jwks, verifier: createVerifier({ issuers: [{ issuer: suite.url, jwks }], now }) };
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')).kid;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
