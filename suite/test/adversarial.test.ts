import { adversarialPack, assertAllRefused } from '@gaia/testing/adversarial-pack';
import { overHttp } from '@gaia/testing/senders';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSuiteWithKnownKeys, type SuiteWithKnownKeys } from './known-keys.ts';

let suite: SuiteWithKnownKeys;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
}, 60_000);
afterAll(() => suite.stop());

it.each([
  ['auth', 1, '/auth/me'],
  ['cms', 2, '/cms/whoami'],
  ['assets', 3, '/assets/whoami'],
  ['search', 4, '/search/whoami'],
])(
  '%s refuses every forgery, each with its code',
  async (_name, offset, path) => {
    const send = overHttp(`http://127.0.0.1:${suite.port + offset}${path}`);
    const report = await adversarialPack({ issuer: suite.issuer, send });
    assertAllRefused(report);
  },
  60_000,
);

it('through the gateway it is the same, and what two services could read differently does not pass it', async () => {
  const report = await adversarialPack({ issuer: suite.issuer, send: overHttp(`${suite.url}/cms/whoami`) });
  const byGateway = report.results.filter(({ name }) => name.startsWith('request: two Authorization headers'));
  expect(byGateway.map(({ status, code }) => [status, code])).toEqual(Array(3).fill([400, 'duplicate_header']));
  assertAllRefused({ ...report, results: report.results.filter((result) => !byGateway.includes(result)) });
}, 60_000);
