import { beforeEach, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

const head = { seq: 12, hash: 'a'.repeat(64) };
const headOfCms = { seq: 5, hash: 'c'.repeat(64) };
const headOfSearch = { seq: 1, hash: 'e'.repeat(64) };
const heads = `auth=12:${head.hash},cms=5:${headOfCms.hash},search=1:${headOfSearch.hash}`;
let verdicts: object[];
let suite: FakeSuite;

beforeEach(async () => {
  verdicts = [
    { intact: true, fault: null, checked: 10, next: 10, head },
    { intact: true, fault: null, checked: 2, next: null, head },
  ];
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({
      'POST /auth/audit/verify': () => ({ body: verdicts.shift() }),
      'POST /cms/audit/verify': () => ({
        body: { intact: true, fault: null, checked: 5, next: null, head: headOfCms },
      }),
      'POST /search/audit/verify': () => ({
        body: { intact: true, fault: null, checked: 1, next: null, head: headOfSearch },
      }),
    }),
  }));
  return () => suite.close();
});

const verify = (...args: readonly string[]) =>
  runGaia(['audit', 'verify', '--url', suite.url, ...args], { env: administrator.env });

describe('gaia audit verify', () => {
  it('goes on until the head of each log, and prints them', async () => {
    expect(await verify()).toEqual({
      code: 0,
      out: `${heads}\n`,
      err: ['auth: 12', 'cms: 5', 'search: 1'].map((log) => `${log} entries are as they were written\n`).join(''),
    });
    expect(suite.to('POST /auth/audit/verify').map(({ body }) => body)).toEqual([{ after: 0 }, { after: 10 }]);
  });

  it.each([
    ['the heads that were printed', heads, headOfCms],
    ['a head of before cms had a log', `12:${head.hash}`, undefined],
  ])('hands on %s', async (_what, noted, ofCms) => {
    expect((await verify('--noted', noted)).code).toBe(0);
    expect(suite.to('POST /auth/audit/verify')[0]?.body).toEqual({ after: 0, noted: head });
    expect(suite.to('POST /cms/audit/verify')[0]?.body).toEqual({ after: 0, ...(ofCms && { noted: ofCms }) });
  });

  it.each([
    ['changed', /entry 7 is changed/],
    ['cut_short', /entry 7 is missing, with everything behind it/],
    ['not_as_noted', /entry 7 is not the one that was noted/],
  ])('fails for a log that is %s', async (reason, message) => {
    verdicts = [{ intact: false, fault: { seq: 7, reason }, checked: 6, next: null, head }];
    const { code, out, err } = await verify();
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });

  it.each(['12', `12:${'A'.repeat(64)}`, 'x:y', `assets=1:${head.hash}`])(
    'refuses %s as a noted head',
    async (noted) => {
      expect((await verify('--noted', noted)).code).toBe(2);
    },
  );
});
