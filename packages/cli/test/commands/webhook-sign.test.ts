import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { runGaia } from '../run-gaia.ts';

const secret = 's'.repeat(43);
const now = () => Date.parse('2026-11-22T00:00:00Z');
const args = ['webhook', 'sign', 'endpoint-1', '--user', "o'brien", '--product', 'course'];
const decoded = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

describe('gaia webhook sign', () => {
  it('prints a call whose token covers its body', async () => {
    const { code, out } = await runGaia([...args, '--payment', 'p-1'], { input: `${secret}\n`, now });
    expect(code).toBe(0);
    const token = /Bearer ([^']+)'/.exec(out)?.[1] ?? '';
    const body = (/--data-raw '(.+)'\n$/.exec(out)?.[1] ?? '').replaceAll("'\\''", "'");
    expect(JSON.parse(body)).toEqual({ type: 'payment.succeeded', user: "o'brien", product: 'course', payment: 'p-1' });
    const [header, payload, signature] = token.split('.');
    expect(decoded(header)).toEqual({ alg: 'HS256', typ: 'webhook+jwt' });
    expect(decoded(payload)).toMatchObject({
      iat: now() / 1_000,
      exp: now() / 1_000 + 300,
      request_body_sha256: createHash('sha256').update(body).digest('hex'),
    });
    expect(signature).toBe(createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url'));
    expect(out).toContain("'http://localhost:8080/cms/hooks/endpoint-1'");
    expect(out).not.toContain(secret);
  });

  it.each([
    [200, 0],
    [401, 1],
  ])('sends it, and ends by the answer %s', async (status, expected) => {
    const calls: [string, RequestInit | undefined][] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      calls.push([String(url), init]);
      return Response.json({ outcome: 'applied' }, { status });
    };
    const env = { GAIA_WEBHOOK_SECRET: secret };
    const { code, out } = await runGaia([...args, '--event', 'payment.refunded', '--send'], { env, fetch, now });
    expect([code, out]).toEqual([expected, '{"outcome":"applied"}\n']);
    expect(calls[0]?.[0]).toBe('http://localhost:8080/cms/hooks/endpoint-1');
    expect(JSON.parse(String(calls[0]?.[1]?.body))).toMatchObject({ type: 'payment.refunded', product: 'course' });
  });

  it.each([
    ['no secret', args, ''],
    ['a short secret', args, 'short'],
    ['another event', [...args, '--event', 'x'], secret],
    ['too long a life', [...args, '--ttl', '10m'], secret],
    ['no user', args.slice(0, 3), secret],
  ])('%s is a wrong command line', async (_case, given, input) => {
    expect((await runGaia(given, { input, now })).code).toBe(2);
  });
});
