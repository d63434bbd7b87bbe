import { describe, expect, it } from 'vitest';
import { createServiceCredentials } from '../src/service-credentials.ts';

interface Call {
  readonly url: string;
  readonly init: RequestInit;
}

function setUp(answer: (call: number) => Response | Promise<Response>) {
  const clock = { time: 1_000_000 };
  const calls: Call[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    return answer(calls.length);
  }) as unknown as typeof globalThis.fetch;
  const credentials = createServiceCredentials({
    tokenUrl: 'http://auth.test/oauth/token',
    clientId: 'search',
    clientSecret: 'a secret:with %signs',
    scope: 'feed:read',
    fetch,
    now: () => clock.time,
  });
  return { clock, calls, credentials };
}

const issued = (call: number, expiresIn = 100) =>
  Response.json({ access_token: `token-${call}`, token_type: 'Bearer', expires_in: expiresIn });

describe('the access token of a service', () => {
  it('is asked for with form-encoded Basic credentials (RFC 6749 §2.3.1)', async () => {
    const { calls, credentials } = setUp(issued);
    await expect(credentials.accessToken()).resolves.toBe('token-1');
    const headers = new Headers(calls[0]?.init.headers);
    const basic = Buffer.from((headers.get('authorization') ?? '').slice(6), 'base64').toString();
    expect(basic).toBe('search:a+secret%3Awith+%25signs');
    expect(String(calls[0]?.init.body)).toBe('grant_type=client_credentials&scope=feed%3Aread');
  });

  it('is kept until 80 % of its life', async () => {
    const { clock, calls, credentials } = setUp(issued);
    await credentials.accessToken();
    clock.time += 79_999;
    await expect(credentials.accessToken()).resolves.toBe('token-1');
    clock.time += 1;
    await expect(credentials.accessToken()).resolves.toBe('token-2');
    expect(calls).toHaveLength(2);
  });

  it('is asked for once, however many need it', async () => {
    const { calls, credentials } = setUp(issued);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => credentials.accessToken()));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(calls).toHaveLength(1);
  });

  it('is used to its end while auth is away', async () => {
    const { clock, credentials } = setUp((call) => (call === 1 ? issued(1) : new Response('', { status: 503 })));
    await credentials.accessToken();
    clock.time += 97_000;
    await expect(credentials.accessToken()).resolves.toBe('token-1');
    clock.time += 1_500;
    await expect(credentials.accessToken()).rejects.toMatchObject({ code: 'credentials_unavailable' });
  });

  it('is asked for again when it was refused', async () => {
    const { credentials } = setUp(issued);
    const first = await credentials.accessToken();
    credentials.discard('another');
    await expect(credentials.accessToken()).resolves.toBe(first);
    credentials.discard(first);
    await expect(credentials.accessToken()).resolves.toBe('token-2');
  });
});

describe('a failure', () => {
  it('is waited out for a time that grows and has a bound', async () => {
    const { clock, calls, credentials } = setUp(() => new Response('', { status: 500 }));
    const attempts: number[] = [];
    for (const start = clock.time; clock.time < start + 120_000; clock.time += 250) {
      const before = calls.length;
      await expect(credentials.accessToken()).rejects.toMatchObject({ code: 'credentials_unavailable' });
      if (calls.length > before) attempts.push(clock.time - start);
    }
    const waits = attempts.slice(1).map((time, index) => time - (attempts[index] ?? 0));
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it.each([
    ['401', () => new Response('{}', { status: 401 }), 'credentials_refused'],
    ['400', () => new Response('{}', { status: 400 }), 'credentials_refused'],
    ['429', () => new Response('{}', { status: 429 }), 'credentials_unavailable'],
    ['a refused connection', () => Promise.reject(new TypeError('fetch failed')), 'credentials_unavailable'],
    ['no JSON', () => new Response('<html>'), 'credentials_unavailable'],
    ['null', () => Response.json(null), 'credentials_unavailable'],
    [
      'another token type',
      () => Response.json({ access_token: 'x', token_type: 'mac', expires_in: 9 }),
      'credentials_unavailable',
    ],
    ['no end', () => Response.json({ access_token: 'x', token_type: 'Bearer' }), 'credentials_unavailable'],
    [
      'a token with a line break',
      () => Response.json({ access_token: 'x\ny', token_type: 'Bearer', expires_in: 9 }),
      'credentials_unavailable',
    ],
    ['a huge answer', () => new Response(' '.repeat(70_000)), 'credentials_unavailable'],
  ])('is told by its code: %s', async (_name, answer, code) => {
    const { credentials } = setUp(answer);
    const error: unknown = await credentials.accessToken().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('a secret');
  });
});

it.each([{ tokenUrl: 'ftp://auth.test' }, { tokenUrl: 'http://' }, { clientId: '' }, { clientSecret: '' }])(
  'refuses unusable options: %j',
  (wrong) => {
    const good = { tokenUrl: 'http://a.test', clientId: 'a', clientSecret: 'b', scope: '', fetch, now: Date.now };
    expect(() => createServiceCredentials({ ...good, ...wrong })).toThrow(TypeError);
  },
);
