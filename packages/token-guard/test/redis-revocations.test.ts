import { openState } from '@gaia/state/open';
import { startCuttableProxy } from '@gaia/test-servers/cuttable-proxy';
import { redisUnavailableReason, testRedis } from '@gaia/test-servers/state';
import { createTestIssuer } from '@gaia/testing/issuer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRevocations } from '../src/revocations.ts';
import { identityOfClaims } from '../src/token-identity.ts';

const issuer = await createTestIssuer();
const session = (id: string) => identityOfClaims(issuer.claimsFor({ sessionId: id }), 'key');

/** A writer on Redis, and a reader whose connection can be cut. */
async function setUp() {
  const { url, prefix } = testRedis() ?? { url: '', prefix: '' };
  const proxy = await startCuttableProxy(url);
  const writer = openState({ redisUrl: url, now: Date.now, prefix: `${prefix}:` });
  const reader = openState({ redisUrl: proxy.url, now: Date.now, prefix: `${prefix}:` });
  const revocations = createRevocations({ feed: reader.revocations });
  onTestFinished(async () => {
    await revocations.close();
    await Promise.all([reader.close(), writer.close()]);
    await proxy.close();
  });
  await revocations.ready;
  const end = (id: string) => writer.revocations.append({ kind: 'sid', id }, Date.now() + 900_000, Date.now());
  // How soon is what bench/revocation measures; a busy machine may take its time.
  const untilRefused = (id: string) =>
    vi.waitFor(() => expect(revocations.reasonToRefuse(session(id))).toBe('session_ended'), {
      timeout: 10_000,
      interval: 5,
    });
  return { proxy, revocations, end, untilRefused };
}

describe.skipIf(redisUnavailableReason() !== undefined)(`through Redis ${redisUnavailableReason() ?? ''}`, () => {
  it('a revocation is enforced, again and again', async () => {
    const { end, untilRefused } = await setUp();
    for (let round = 0; round < 50; round += 1) {
      await end(`s${round}`);
      await untilRefused(`s${round}`);
    }
  });

  it('a revocation made while the connection was cut is enforced on its return', async () => {
    const { proxy, revocations, end, untilRefused } = await setUp();
    for (let round = 0; round < 3; round += 1) {
      proxy.cut();
      await vi.waitFor(() => expect(revocations.status().degraded).toBe(true), 10_000);
      await end(`s${round}`);
      expect(revocations.reasonToRefuse(session(`s${round}`))).toBeUndefined();
      proxy.restore();
      await untilRefused(`s${round}`);
      await vi.waitFor(() => expect(revocations.status()).toMatchObject({ connected: true, degraded: false }), 10_000);
    }
  });

  it('what was revoked stays revoked while Redis is away', async () => {
    const { proxy, revocations, end, untilRefused } = await setUp();
    await end('known');
    await untilRefused('known');
    proxy.cut();
    await vi.waitFor(() => expect(revocations.status().degraded).toBe(true), 10_000);
    expect(revocations.reasonToRefuse(session('known'))).toBe('session_ended');
    expect(revocations.reasonToRefuse(session('another'))).toBeUndefined();
  });
});
