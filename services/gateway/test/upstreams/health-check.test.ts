import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceUnresponsive } from '../../src/upstreams/errors.ts';
import { type CheckedRequests, startHealthCheck } from '../../src/upstreams/health-check.ts';
import type { Verdict } from '../../src/upstreams/liveness.ts';
import { createReplica } from '../../src/upstreams/replica.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function checked(verdict: () => Promise<Verdict>) {
  let oldest: number | undefined;
  let responded = -1;
  const requests: CheckedRequests = {
    oldestPending: () => oldest,
    lastResponse: () => responded,
    abortPending: vi.fn(() => {
      oldest = undefined;
    }),
  };
  const replica = createReplica(requests, { now: Date.now, restartWaitMs: 10_000 });
  const checkLiveness = vi.fn(verdict);
  const onRecovered = vi.fn();
  const healthCheck = startHealthCheck({ replicas: () => [replica], checkLiveness, onRecovered });
  return {
    requests,
    replica,
    checkLiveness,
    onRecovered,
    healthCheck,
    send: () => {
      oldest = healthCheck.tick();
    },
    respond: () => {
      responded = healthCheck.tick();
    },
  };
}

/** Lets so much time go by, with all that it brings. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe('a replica', () => {
  it('is not checked while no response is awaited', async () => {
    const { checkLiveness } = checked(async () => 'alive');
    await pass(10_000);
    expect(checkLiveness).not.toHaveBeenCalled();
  });

  it('whose response is awaited for half a second and that does not say that it is alive is unavailable', async () => {
    const { send, replica, requests, checkLiveness } = checked(async () => 'unresponsive');
    send();
    await pass(250);
    expect(checkLiveness).not.toHaveBeenCalled();
    await pass(250);
    expect(checkLiveness).toHaveBeenCalledWith(requests, 1_000);
    expect(replica.isUnavailable()).toBe(true);
    expect(requests.abortPending).toHaveBeenCalledWith(expect.any(ServiceUnresponsive));
  });

  it('that is alive may take its time', async () => {
    const { send, replica, requests, checkLiveness } = checked(async () => 'alive');
    send();
    await pass(30_000);
    expect(checkLiveness).toHaveBeenCalled();
    expect(replica.isUnavailable()).toBe(false);
    expect(requests.abortPending).not.toHaveBeenCalled();
  });

  it('that responds to others is not checked', async () => {
    const { send, respond, checkLiveness } = checked(async () => 'unresponsive');
    send();
    for (let count = 0; count < 10; count += 1) {
      await pass(250);
      respond();
    }
    expect(checkLiveness).not.toHaveBeenCalled();
  });

  it('that has responded meanwhile is not unavailable', async () => {
    const checkLivenessd = Promise.withResolvers<Verdict>();
    const { send, respond, replica } = checked(() => checkLivenessd.promise);
    send();
    await pass(500);
    respond();
    checkLivenessd.resolve('unresponsive');
    await pass(0);
    expect(replica.isUnavailable()).toBe(false);
  });

  it('is not judged by a gateway that was itself held up', async () => {
    const checkLivenessd = Promise.withResolvers<Verdict>();
    const { send, replica } = checked(() => checkLivenessd.promise);
    send();
    await pass(500);
    vi.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 5_000);
    await pass(250);
    checkLivenessd.resolve('unresponsive');
    await pass(0);
    expect(replica.isUnavailable()).toBe(false);
  });

  it.each(['draining', 'refused'] as const)(
    'that is %s gets nothing new, and may finish what it has',
    async (verdict) => {
      const { replica, requests, healthCheck } = checked(async () => verdict);
      await healthCheck.check(replica);
      await pass(1_000);
      expect(replica.isUnavailable()).toBe(true);
      expect(requests.abortPending).not.toHaveBeenCalled();
    },
  );

  it('that announces its shutdown and does not mean it stays available', async () => {
    const { replica, healthCheck } = checked(async () => 'alive');
    replica.announcedShutdown();
    await healthCheck.check(replica);
    expect([replica.isUnavailable(), replica.isDraining()]).toEqual([false, false]);
  });

  it('that is unavailable is checked until it is back', async () => {
    let verdict: Verdict = 'refused';
    const { replica, checkLiveness, onRecovered, healthCheck } = checked(async () => verdict);
    replica.failed(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    void healthCheck.check(replica);
    await pass(5_000);
    expect(checkLiveness.mock.calls.length).toBeGreaterThan(10);
    expect(replica.isUnavailable()).toBe(true);
    verdict = 'alive';
    await pass(250);
    expect(replica.isUnavailable()).toBe(false);
    expect(onRecovered).toHaveBeenCalledWith(replica);
  });
});
