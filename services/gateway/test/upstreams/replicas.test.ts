import { describe, expect, it, vi } from 'vitest';
import { createReplica, type Replica } from '../../src/upstreams/replica.ts';
import { createReplicas } from '../../src/upstreams/replicas.ts';
import { createClock, openGateway } from '../support/gateway.ts';
import { answerJson, serve } from '../support/servers.ts';

async function deadOrigin(): Promise<string> {
  const server = await serve(() => {});
  await server.close();
  return server.origin;
}

const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const timedOut = Object.assign(new Error('late'), { code: 'UND_ERR_HEADERS_TIMEOUT' });

function several(names: readonly string[], restartWaitMs = 10_000) {
  const clock = createClock();
  const all = names.map((name) => createReplica(name, { now: clock.now, restartWaitMs }));
  const replicas = createReplicas(all, clock.now);
  const named = (except?: Replica<string>): string | number => {
    const next = replicas.next(except);
    return 'waitMs' in next ? next.waitMs : next.subject;
  };
  const [one, two] = all as [Replica<string>, Replica<string>];
  return { clock, replicas, one, two, named };
}

describe('replicas', () => {
  it('are asked in turns', () => {
    const { named } = several(['one', 'two', 'three']);
    expect([named(), named(), named(), named()]).toEqual(['one', 'two', 'three', 'one']);
  });

  it('are left out while they are unavailable', () => {
    const { named, one } = several(['one', 'two']);
    one.failed(refused);
    expect([named(), named()]).toEqual(['two', 'two']);
    one.recovered();
    expect([named(), named()].sort()).toEqual(['one', 'two']);
  });

  it('come last while they are draining, and are used if there is no other', () => {
    const { named, one, two } = several(['one', 'two']);
    one.announcedShutdown();
    expect([named(), named()]).toEqual(['two', 'two']);
    two.failed(refused);
    expect(named()).toBe('one');
  });

  it('are asked once more only if there is no other', () => {
    const { named, one, two } = several(['one', 'two']);
    expect(named(one)).toBe('two');
    two.failed(refused);
    expect(named(one)).toBe('one');
  });

  it('say when to come back if all are unavailable', () => {
    const { named, one } = several(['one']);
    one.failed(refused);
    expect(named()).toBeGreaterThan(0);
  });

  it.each<[string, (one: Replica<string>) => void, boolean]>([
    ['that refuses a connection', (one) => one.failed(refused), true],
    ['at which nothing listens', (one) => one.markUnavailable('refused'), true],
    ['that is unresponsive', (one) => one.markUnavailable('unresponsive'), false],
    ['that is draining', (one) => one.markUnavailable('draining'), true],
    [
      'that has announced its shutdown, and refuses',
      (one) => [one.announcedShutdown(), one.markUnavailable('refused')],
      true,
    ],
    [
      'that has announced its shutdown, and is unresponsive',
      (one) => [one.announcedShutdown(), one.markUnavailable('unresponsive')],
      true,
    ],
    [
      'that takes too long five times',
      (one) => {
        for (let count = 0; count < 5; count += 1) one.failed(timedOut);
      },
      false,
    ],
  ])('one %s: whether it is worth waiting for', async (_name, happens, waits) => {
    const { replicas, one } = several(['one']);
    happens(one);
    expect('waitMs' in replicas.next()).toBe(true);
    const recovery = replicas.recovery();
    replicas.recovered();
    expect(await recovery).toBe(waits);
  });

  it('are waited for no longer than said, counted from when they became unavailable', async () => {
    const { replicas, one, clock } = several(['one'], 10_000);
    one.announcedShutdown();
    one.failed(refused);
    clock.advance(10_000);
    expect(await replicas.recovery()).toBe(false);
  });

  it('are waited for in vain', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { replicas, one } = several(['one'], 10_000);
      one.announcedShutdown();
      one.failed(refused);
      const recovery = replicas.recovery();
      vi.advanceTimersByTime(10_000);
      expect(await recovery).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rest longer and longer when they take too long again and again, and one request tries', () => {
    const { replicas, one, clock } = several(['one']);
    for (let count = 0; count < 5; count += 1) one.failed(timedOut);
    const pauses: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const resting = replicas.next();
      pauses.push('waitMs' in resting ? resting.waitMs : 0);
      clock.advance(pauses.at(-1) ?? 0);
      expect(replicas.next()).toBe(one);
      expect(replicas.next()).toHaveProperty('waitMs');
      one.failed(timedOut);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    one.succeeded();
    expect(replicas.next()).toBe(one);
  });
});

describe('a gateway before several replicas', () => {
  it('asks them in turns', async () => {
    const seen: string[] = [];
    const named = (name: string) =>
      serve((_, outgoing) => {
        seen.push(name);
        answerJson(outgoing, 200, {});
      });
    const [one, two] = await Promise.all([named('one'), named('two')]);
    const gateway = await openGateway({ env: { CMS_URL: `${one.origin}, ${two.origin}` } });
    for (let count = 0; count < 4; count += 1) await gateway.send('/cms/x');
    expect(seen).toEqual(['one', 'two', 'one', 'two']);
  });

  it.each([
    ['GET', undefined],
    ['DELETE', undefined],
    ['POST', '{"a":1}'],
    ['PUT', 'x'.repeat(300_000)],
  ])('leaves out one that does not listen, without a %s that fails', async (method, body) => {
    const living = await serve((incoming, outgoing) => {
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      incoming.on('end', () => answerJson(outgoing, 200, { size }));
    });
    const gateway = await openGateway({ env: { CMS_URL: `${await deadOrigin()},${living.origin}` } });
    for (let count = 0; count < 4; count += 1) {
      const answer = await gateway.send('/cms/x', {
        method,
        headers: { authorization: 'Bearer x' },
        ...(body !== undefined && { body }),
      });
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ size: body?.length ?? 0 });
    }
  });

  it('asks auth’s other replica for itself', async () => {
    const dead = await deadOrigin();
    const gateway = await openGateway();
    const auth = await serve(gateway.auth.listener);
    const other = await openGateway({ env: { AUTH_URL: `${dead},${auth.origin}` } });
    const login = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const answer = await other.send('/session', { ...login, body: '{"email":"ann@example.org","password":"right"}' });
    expect(answer.status).toBe(200);
  });
});
