import { beforeEach, describe, expect, it } from 'vitest';
import { type FakeAnswer, type FakeSuite, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

let answer: FakeAnswer;
let suite: FakeSuite;

beforeEach(async () => {
  suite = await startFakeSuite(() => ({ 'GET /ready': () => answer }));
  return () => suite.close();
});

const degraded = {
  status: 'degraded',
  checks: {
    auth: { status: 'ok' },
    cms: { status: 'degraded', detail: { status: 'degraded', checks: { feed: { age_seconds: 12 } } } },
  },
};

describe('gaia health', () => {
  it('shows what is degraded, and that the suite works', async () => {
    answer = { body: degraded };
    const { code, out } = await runGaia(['health', '--url', `${suite.url}/`]);
    expect(out).toBe(
      `${suite.url}: degraded\n  auth  ok\n  cms   degraded  status: degraded, checks (feed (age_seconds: 12))\n`,
    );
    expect(code).toBe(0);
  });

  it('gives the answer to a script', async () => {
    answer = { body: degraded };
    expect(JSON.parse((await runGaia(['health', '--json', '--url', suite.url])).out)).toEqual(degraded);
  });

  it('ends with 1 when the suite cannot work, and shows why', async () => {
    answer = { status: 503, body: { status: 'unavailable', checks: { auth: { status: 'down' } } } };
    const { code, out } = await runGaia(['health', '--url', suite.url]);
    expect(out).toBe(`${suite.url}: unavailable\n  auth  down\n`);
    expect(code).toBe(1);
  });

  it.each<[string, FakeAnswer]>([
    ['another program', { body: '<html>' }],
    ['JSON of something else', { body: { ok: true } }],
    ['an error', { status: 500, body: 'oops' }],
    ['odd members', { status: 503, body: { status: 7, checks: [1] } }],
  ])('ends with 1 at %s', async (_name, given) => {
    answer = given;
    const { code, out, err } = await runGaia(['health', '--url', suite.url]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^gaia health: /);
  });

  it('survives checks of any shape', async () => {
    const nested = { a: { b: { c: { d: { e: 1 } } } } };
    answer = { body: { status: 'ready', checks: { a: null, b: 'x', c: { status: null, detail: nested } } } };
    const { code, out } = await runGaia(['health', '--url', suite.url]);
    expect(out).toBe(`${suite.url}: ready\n  c  null  a (b (c (d (…))))\n`);
    expect(code).toBe(0);
  });

  it('says that nothing answers', async () => {
    const { code, err } = await runGaia(['health'], { env: { PORT: '1' } });
    expect(err).toContain('http://localhost:1 cannot be reached');
    expect(err).toContain('gaia up');
    expect(code).toBe(1);
  });

  it('says that the environment makes no URL', async () => {
    const { code, err } = await runGaia(['health'], { env: { PORT: 'x' } });
    expect(err).toContain('PUBLIC_URL or PORT');
    expect(code).toBe(2);
  });
});
