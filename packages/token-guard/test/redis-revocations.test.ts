import { openState } from '@gaia/state/open';
import { redisUnavailableReason, testRedis } from '@gaia/test-servers/state';
import { createTestIssuer } from '@gaia/testing/issuer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRevocations } from '../src/revocations.ts';
import { identityOfClaims } from '../src/token-identity.ts';
import { startCuttableProxy } from './cuttable-proxy.ts';

const issuer = await createTestIssuer();
const session = (id: string) => identityOfClaims(issuer.claimsFor({ sessionId: id }), 'key');

/** A writer on Redis, and a reader whose connection can be cut. */
async function setUp() {
  const { url, prefix } = testRedis() ?? { url: '', prefix: '' };
  const target = new URL(url);
  const proxy = await startCuttableProxy({ host: target.hostname, port: Number(target.port || 6_379) });
  const throughProxy = new URL(url);
  throughProxy.hostname = '127.0.0.1';
  throughProxy.port = String(proxy.port);
  const writer = openState({ redisUrl: url, now: Date.now, prefix: `${prefix}:` });
  const reader = openState({ redisUrl: throughProxy.href, now: Date.now, prefix: `${prefix}:` });
  const revocations = createRevocations({ feed: reader.revocations });
  onTestFinished(async () => {
    await revocations.close();
    await Promise.all([reader.close(), writer.close()]);
    await proxy.close();
  });
  await revocations.ready;
  const end = (id: string) => writer.revocations.append({ kind: 'sid', id }, Date.now() + 900_000, Date.now());
  const untilRefused = async (id: string) => {
    const startedAt = performance.now();
    await vi.waitFor(() => expect(revocations.reasonToRefuse(session(id))).toBe('session_ended'), {
      timeout: 10_000,
      interval: 5,
    });
    return performance.now() - startedAt;
  };
  return { proxy, revocations, end, untilRefused };
}

describe.skipIf(redisUnavailableReason() !== undefined)(`through Redis ${redisUnavailableReason() ?? ''}`, () => {
  it('a cut-off is enforced within a second, again and again', async () => {
    const { end, untilRefused } = await setUp();
    const delays: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      await end(`s${round}`);
      delays.push(await untilRefused(`s${round}`));
    }
    expect(Math.max(...delays)).toBeLessThan(1_000);
  });

  it('a cut-off made while the connection was cut is enforced within a second of its return', async () => {
    const { proxy, revocations, end, untilRefused } = await setUp();
    for (let round = 0; round < 3; round += 1) {
      proxy.cut();
      await vi.waitFor(() => expect(revocations.status().degraded).toBe(true), 5_000);
      await end(`s${round}`);
      expect(revocations.reasonToRefuse(session(`s${round}`))).toBeUndefined();
      proxy.restore();
      expect(await untilRefused(`s${round}`)).toBeLessThan(1_000);
      await vi.waitFor(() => expect(revocations.status()).toMatchObject({ connected: true, degraded: false }), 5_000);
    }
  });

  it('what was revoked stays revoked while Redis is away', async () => {
    const { proxy, revocations, end, untilRefused } = await setUp();
    await end('known');
    await untilRefused('known');
    proxy.cut();
    await vi.waitFor(() => expect(revocations.status().degraded).toBe(true), 5_000);
    expect(revocations.reasonToRefuse(session('known'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('another'))).toBeUndefined();
  });
});
