import { describe, expect, it, vi } from 'vitest';
import type { FeedEntry, Revocation } from '../src/state.ts';
import { DAY, HOSTILE_IDS, type Open, useState } from './opened.ts';

/** A listener that writes down what it is told. */
export function recordingListener() {
  const events: (string | boolean)[] = [];
  const entries: FeedEntry[] = [];
  return {
    events,
    entries,
    onConnection(up: boolean) {
      events.push(up);
    },
    onEntry(epoch: string, entry: FeedEntry) {
      events.push(`${epoch} ${entry.sequence}`);
      entries.push(entry);
    },
  };
}

export function feedContract(name: string, open: Open): void {
  describe(`${name} revocation feed`, () => {
    const opened = useState(open);
    const feed = () => opened().state.revocations;
    const start = Date.now();
    const sid = (id: string): Revocation => ({ kind: 'sid', id });

    it('is empty at first and already has its epoch', async () => {
      const head = await feed().head();
      expect(head).toEqual({ epoch: expect.stringMatching(/^\S{8,}$/), sequence: 0 });
      expect(await feed().snapshot(start)).toEqual({ ...head, entries: [] });
      expect(await opened().peer.revocations.head()).toEqual(head);
    });

    it('has another epoch on another backend', async () => {
      const other = await open();
      expect((await other.state.revocations.head()).epoch).not.toBe((await feed().head()).epoch);
      await Promise.all([other.state.close(), other.peer.close()]);
    });

    it.each<Revocation>([
      { kind: 'sid', id: 'login-1' },
      { kind: 'kid', id: 'key-1' },
      { kind: 'jti', id: 'token-1' },
      { kind: 'sub', id: 'user-1', notBefore: 1_700_000_000 },
      { kind: 'all', notBefore: 1_700_000_000 },
    ])('keeps a revocation of kind $kind', async (revocation) => {
      const entry = await feed().append(revocation, start + 1_000, start);
      expect(entry).toEqual({ sequence: 1, revocation, expiresAt: start + 1_000 });
      expect((await opened().peer.revocations.snapshot(start)).entries).toEqual([entry]);
    });

    it('numbers 100 concurrent appends without a gap and pushes them in order', async () => {
      const listener = recordingListener();
      const stop = await opened().peer.revocations.subscribe(listener);
      const writers = [opened().state.revocations, opened().peer.revocations];
      const appended = await Promise.all(
        Array.from({ length: 100 }, (_, index) => writers[index % 2]?.append(sid(`s${index}`), start + DAY, start)),
      );
      const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
      expect(appended.map((entry) => entry?.sequence ?? 0).sort((a, b) => a - b)).toEqual(numbers);
      await vi.waitFor(() => expect(listener.entries).toHaveLength(100), { timeout: 15_000 });
      expect(listener.entries.map((entry) => entry.sequence)).toEqual(numbers);
      const snapshot = await feed().snapshot(start);
      expect(snapshot.entries).toEqual(listener.entries);
      expect(snapshot.sequence).toBe(100);
      const { epoch } = await feed().head();
      expect(listener.events).toEqual([true, ...numbers.map((number) => `${epoch} ${number}`)]);
      await stop();
    });

    it('leaves expired entries out of a snapshot: alive one millisecond before, gone at the end', async () => {
      await feed().append(sid('short'), start + 1_000, start);
      await feed().append(sid('long'), start + 5_000, start);
      const ids = async (now: number) => (await feed().snapshot(now)).entries.map((entry) => entry.sequence);
      expect(await ids(start + 999)).toEqual([1, 2]);
      expect(await ids(start + 1_000)).toEqual([2]);
      expect(await ids(start + 5_000)).toEqual([]);
      expect((await feed().head()).sequence).toBe(2);
    });

    it('counts on after everything has expired', async () => {
      await feed().append(sid('a'), start + 1_000, start);
      const entry = await feed().append(sid('b'), start + 3 * DAY, start + 2 * DAY);
      expect(entry.sequence).toBe(2);
      expect((await feed().snapshot(start + 2 * DAY)).entries).toEqual([entry]);
    });

    it('keeps entries that another writer, with a clock a little ahead, thinks expired', async () => {
      await feed().append(sid('a'), start + 1_000, start);
      await feed().append(sid('b'), start + DAY, start + 30_000);
      expect((await feed().snapshot(start)).entries).toHaveLength(2);
    });

    it('gives every listener its own channel state and pushes, until it stops', async () => {
      const [first, second] = [recordingListener(), recordingListener()];
      const stopFirst = await feed().subscribe(first);
      const stopSecond = await feed().subscribe(second);
      expect([first.events, second.events]).toEqual([[true], [true]]);
      await feed().append(sid('a'), start + DAY, start);
      await vi.waitFor(() => expect([first.entries.length, second.entries.length]).toEqual([1, 1]), {
        timeout: 15_000,
      });
      await stopFirst();
      await stopFirst();
      await feed().append(sid('b'), start + DAY, start);
      await vi.waitFor(() => expect(second.entries).toHaveLength(2), { timeout: 15_000 });
      expect(first.entries).toHaveLength(1);
      await stopSecond();
      const third = recordingListener();
      const stopThird = await feed().subscribe(third);
      await feed().append(sid('c'), start + DAY, start);
      await vi.waitFor(() => expect(third.entries.map((entry) => entry.sequence)).toEqual([3]), { timeout: 15_000 });
      await stopThird();
    });

    it('goes on when a listener throws', async () => {
      const throwing = {
        onConnection() {
          throw new Error('of the test');
        },
        onEntry() {
          throw new Error('of the test');
        },
      };
      const listener = recordingListener();
      await feed().subscribe(throwing);
      await feed().subscribe(listener);
      await feed().append(sid('a'), start + DAY, start);
      await vi.waitFor(() => expect(listener.entries).toHaveLength(1), { timeout: 15_000 });
    });

    it('carries hostile ids unharmed', async () => {
      const listener = recordingListener();
      await feed().subscribe(listener);
      for (const id of HOSTILE_IDS) await feed().append(sid(id), start + DAY, start);
      await vi.waitFor(() => expect(listener.entries).toHaveLength(HOSTILE_IDS.length), { timeout: 15_000 });
      expect(listener.entries.map((entry) => entry.revocation)).toEqual(HOSTILE_IDS.map(sid));
      expect((await feed().snapshot(start)).entries).toEqual(listener.entries);
    });

    it.each([
      ['not a number', Number.NaN],
      ['not whole', start + 0.5],
      ['infinite', Number.POSITIVE_INFINITY],
    ])('refuses an end that is %s', async (_what, end) => {
      await expect(feed().append(sid('a'), end, start)).rejects.toBeInstanceOf(RangeError);
    });
  });
}
