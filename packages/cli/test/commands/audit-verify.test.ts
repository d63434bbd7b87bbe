import { beforeEach, describe, expect, it } from 'vitest';
import { administrator, type FakeSuite, fakeLogin, guarded, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

const head = { seq: 12, hash: 'a'.repeat(64) };
let verdicts: object[];
let suite: FakeSuite;

beforeEach(async () => {
  verdicts = [
    { intact: true, fault: null, checked: 10, next: 10, head },
    { intact: true, fault: null, checked: 2, next: null, head },
  ];
  suite = await startFakeSuite(() => ({
    ...fakeLogin(),
    ...guarded({ 'POST /auth/audit/verify': () => ({ body: verdicts.shift() }) }),
  }));
  return () => suite.close();
});

const verify = (...args: readonly string[]) =>
  runGaia(['audit', 'verify', '--url', suite.url, ...args], { env: administrator.env });

describe('gaia audit verify', () => {
  it('goes on until the head, and prints it', async () => {
    expect(await verify()).toEqual({
      code: 0,
      out: `12:${head.hash}\n`,
      err: '12 entries are as they were written\n',
    });
    expect(suite.to('POST /auth/audit/verify').map(({ body }) => body)).toEqual([{ after: 0 }, { after: 10 }]);
  });

  it('hands on what was noted', async () => {
    await verify('--noted', `12:${head.hash}`);
    expect(suite.to('POST /auth/audit/verify')[0]?.body).toEqual({ after: 0, noted: head });
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

  it.each(['12', `12:${'A'.repeat(64)}`, 'x:y'])('refuses %s as a noted head', async (noted) => {
    expect((await verify('--noted', noted)).code).toBe(2);
  });
});
