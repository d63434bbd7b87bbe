import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, problem, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

const keys = {
  items: [
    { kid: 'k2', state: 'next', bits: 2048, signs_from: 'later' },
    { kid: 'k1', state: 'active' },
  ],
};
const PEM = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----';
let suite: FakeSuite;
/** The key of the command's own access token. */
let ownKeyIsLost = false;

/** Ids as one in 64 keys has. */
const dashed = [`-${'k'.repeat(42)}`, `--${'k'.repeat(41)}`];

beforeAll(async () => {
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    'POST /auth/logout': ({ authorization }) =>
      ownKeyIsLost && authorization !== undefined
        ? problem(401, 'token_invalid', 'The token is not good')
        : { status: 204 },
    ...guarded({
      'GET /auth/keys': () => ({ body: keys }),
      'POST /auth/keys/rotate': () => ({ body: keys }),
      'POST /auth/keys/import': () => ({ status: 201, body: keys }),
      'POST /auth/keys/k1/compromise': () => ({ body: keys }),
      ...Object.fromEntries(dashed.map((kid) => [`POST /auth/keys/${kid}/compromise`, () => ({ body: keys })])),
      'POST /auth/keys/own/compromise': () => {
        ownKeyIsLost = true;
        return { body: keys };
      },
      'POST /auth/keys/k9/compromise': () => problem(404, 'key_not_found', 'There is no such key'),
    }),
  }));
});
afterAll(() => suite.close());

const gaia = (args: readonly string[], input = '') =>
  runGaia([...args, '--url', suite.url], { env: administrator.env, input });

describe('gaia keys', () => {
  it('lists them', async () => {
    const { code, out } = await gaia(['keys', 'list']);
    expect(out).toMatch(/^kid +state +bits +signs_from\nk2 +next +2048 +later\nk1 +active/);
    expect(code).toBe(0);
    expect(JSON.parse((await gaia(['keys', 'list', '--json'])).out)).toEqual(keys.items);
  });

  it.each<[readonly string[], string, string, unknown]>([
    [['rotate'], '', 'rotate', { at_once: false }],
    [['rotate', '--at-once'], '', 'rotate', { at_once: true }],
    [['import'], `${PEM}\n`, 'import', { pem: PEM, at_once: false }],
    [['import', '--at-once'], PEM, 'import', { pem: PEM, at_once: true }],
    [['compromise', 'k1'], '', 'k1/compromise', undefined],
    ...dashed.map((kid): [string[], string, string, unknown] => [
      ['compromise', kid],
      '',
      `${kid}/compromise`,
      undefined,
    ]),
  ])('%j', async (args, input, path, body) => {
    const { code, out, err } = await gaia(['keys', ...args], input);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('k2');
    expect(suite.to(`POST /auth/keys/${path}`).at(-1)?.body).toEqual(body);
  });

  it('end the login also when they have dropped the key that signed it', async () => {
    const { code, err } = await gaia(['keys', 'compromise', 'own']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(suite.to('POST /auth/logout').at(-1)?.body).toEqual({ refresh_token: administrator.refreshToken });
  });

  it.each<[readonly string[], string, number, string]>([
    [['import'], 'no key', 2, 'standard input holds no PEM'],
    [['compromise'], '', 2, "missing required argument 'kid'"],
    [['compromise', 'k9'], '', 1, 'key_not_found'],
    [['compromise', '-k9'], '', 2, 'unknown option'],
    [['compromise', `-${'k'.repeat(43)}`], '', 2, 'unknown option\n'],
  ])('%j with %j fails', async (args, input, code, message) => {
    const run = await gaia(['keys', ...args], input);
    expect(run.err).toContain(message);
    expect(run.code).toBe(code);
  });
});
