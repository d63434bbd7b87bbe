import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Verdict } from '../../src/upstreams/probe.ts';
import { type Backend, createReplica } from '../../src/upstreams/replica.ts';
import { ServiceSilent } from '../../src/upstreams/silence.ts';
import { startWatch } from '../../src/upstreams/watch.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched(verdict: () => Promise<Verdict>) {
  let oldest: number | undefined;
  let answered = -1;
  const backend: Backend = {
    oldestWaiting: () => oldest,
    lastAnswer: () => answered,
    cutWaiting: vi.fn(() => {
      oldest = undefined;
    }),
    sweep: () => {},
    retireIdle: () => {},
    close: async () => {},
  };
  const replica = createReplica(backend, { now: Date.now, restartWaitMs: 10_000 });
  const probe = vi.fn(verdict);
  const onRevived = vi.fn();
  const watch = startWatch({ replicas: () => [replica], probe, onRevived });
  return {
    backend,
    replica,
    probe,
    onRevived,
    watch,
    ask: () => {
      oldest = watch.tick();
    },
    answer: () => {
      answered = watch.tick();
    },
  };
}

/** Lets so much time go by, with all that it brings. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe('a replica', () => {
  it('is asked nothing while nobody waits for it', async () => {
    const { probe } = watched(async () => 'alive');
    await pass(10_000);
    expect(probe).not.toHaveBeenCalled();
  });

  it('whose answer is awaited for half a second and that does not say that it is alive is lost', async () => {
    const { ask, replica, backend, probe } = watched(async () => 'silent');
    ask();
    await pass(250);
    expect(probe).not.toHaveBeenCalled();
    await pass(250);
    expect(probe).toHaveBeenCalledWith(backend, 1_000);
    expect(replica.isLost()).toBe(true);
    expect(backend.cutWaiting).toHaveBeenCalledWith(expect.any(ServiceSilent));
  });

  it('that is alive may take its time', async () => {
    const { ask, replica, backend, probe } = watched(async () => 'alive');
    ask();
    await pass(30_000);
    expect(probe).toHaveBeenCalled();
    expect(replica.isLost()).toBe(false);
    expect(backend.cutWaiting).not.toHaveBeenCalled();
  });

  it('that answers others is not asked', async () => {
    const { ask, answer, probe } = watched(async () => 'silent');
    ask();
    for (let count = 0; count < 10; count += 1) {
      await pass(250);
      answer();
    }
    expect(probe).not.toHaveBeenCalled();
  });

  it('that has answered anybody meanwhile is not lost', async () => {
    const probed = Promise.withResolvers<Verdict>();
    const { ask, answer, replica } = watched(() => probed.promise);
    ask();
    await pass(500);
    answer();
    probed.resolve('silent');
    await pass(0);
    expect(replica.isLost()).toBe(false);
  });

  it('is not judged by a gateway that was itself held up', async () => {
    const probed = Promise.withResolvers<Verdict>();
    const { ask, replica } = watched(() => probed.promise);
    ask();
    await pass(500);
    vi.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 5_000);
    await pass(250);
    probed.resolve('silent');
    await pass(0);
    expect(replica.isLost()).toBe(false);
  });

  it.each(['ending', 'refused'] as const)(
    'that is %s gets nothing new, and may finish what it has',
    async (verdict) => {
      const { replica, backend, watch } = watched(async () => verdict);
      await watch.ask(replica);
      await pass(1_000);
      expect(replica.isLost()).toBe(true);
      expect(backend.cutWaiting).not.toHaveBeenCalled();
    },
  );

  it('that says to clients that it ends and does not mean it stays', async () => {
    const { replica, watch } = watched(async () => 'alive');
    replica.leaving();
    await watch.ask(replica);
    expect([replica.isLost(), replica.isLeaving()]).toEqual([false, false]);
  });

  it('that is lost is looked after until it is back', async () => {
    let verdict: Verdict = 'refused';
    const { replica, probe, onRevived, watch } = watched(async () => verdict);
    replica.failed(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    void watch.ask(replica);
    await pass(5_000);
    expect(probe.mock.calls.length).toBeGreaterThan(10);
    expect(replica.isLost()).toBe(true);
    verdict = 'alive';
    await pass(250);
    expect(replica.isLost()).toBe(false);
    expect(onRevived).toHaveBeenCalledWith(replica);
  });
});
