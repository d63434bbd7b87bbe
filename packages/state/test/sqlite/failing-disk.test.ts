import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteState } from '../../src/sqlite/sqlite-state.ts';
import type { State } from '../../src/state.ts';
import { recordingListener } from '../contract-feed.ts';
import { DAY, familyOf } from '../opened.ts';
import { openWriterHere, stateFiles } from './files.ts';

const newFile = await stateFiles();
const start = Date.now();
const idle = 7 * DAY;
const request = { sid: 'login-1', sequence: 1, graceMs: 30_000, idleMs: idle, now: start };

/** A state with a login and a record, on a disk that can be stopped, and told what to do with what waits for it. */
async function openOnDisk(timeoutMs = 60_000) {
  let stopped: PromiseWithResolvers<void> | undefined;
  const lines: string[] = [];
  const note = (_details: object, message: string) => void lines.push(message);
  const state = await openSqliteState({
    file: newFile(),
    now: Date.now,
    timeoutMs,
    log: { info: note, warn: note },
    openWriter: async (file) => {
      const writer = await openWriterHere(file);
      return {
        write: async (changes) => {
          await stopped?.promise;
          await writer.write(changes);
        },
        close: writer.close,
      };
    },
  });
  await state.families.create(familyOf('login-1', start), idle, start);
  await state.records.set('sessions', 'id', 1, start + DAY, start);
  const disk = {
    stop() {
      stopped = Promise.withResolvers();
      stopped.promise.catch(() => {});
    },
    fail() {
      stopped ??= Promise.withResolvers();
      stopped.promise.catch(() => {});
      stopped.reject(new Error('disk full'));
    },
    goOn() {
      stopped?.resolve();
      stopped = undefined;
    },
  };
  onTestFinished(async () => {
    disk.goOn();
    await state.close();
  });
  return { state, disk, lines };
}

const changes: [string, (state: State) => Promise<unknown>][] = [
  ['a login', ({ families }) => families.create(familyOf('login-2', start), idle, start)],
  ['a refresh', ({ families }) => families.rotate(request)],
  ['a reuse', ({ families }) => families.rotate({ ...request, sequence: 9 })],
  ['a change of site', ({ families }) => families.setSite('login-1', 'site-b.localhost', start)],
  ['a logout', ({ families }) => families.end('login-1', start)],
  ['a revocation', ({ revocations }) => revocations.append({ kind: 'sid', id: 'login-1' }, start + DAY, start)],
  ['a new record', ({ records }) => records.add('sessions', 'new', 1, start + DAY, start)],
  ['a changed record', ({ records }) => records.set('sessions', 'id', 2, start + DAY, start)],
  ['a deleted record', ({ records }) => records.delete('sessions', 'id')],
  ['a consumed id', ({ consumeOnce }) => consumeOnce('reset', 'x', start + DAY, start)],
];

async function seen({ families, revocations, records }: State): Promise<unknown> {
  return {
    one: await families.get('login-1', start),
    two: await families.get('login-2', start),
    ofUsers: [
      await families.listBySubject('user of login-1', start),
      await families.listBySubject('user of login-2', start),
    ],
    feed: await revocations.snapshot(start),
    records: [await records.get('sessions', 'id', start), await records.get('sessions', 'new', start)],
  };
}

describe('state on a disk that refuses', () => {
  it.each(changes)('refuses %s, which then has not happened, and takes it later', async (_what, change) => {
    const { state, disk } = await openOnDisk();
    const before = await seen(state);
    disk.fail();
    await expect(change(state)).rejects.toMatchObject({ code: 'state_unavailable' });
    expect(await seen(state)).toEqual(before);
    await expect(state.ping()).rejects.toMatchObject({ code: 'state_unavailable' });
    disk.goOn();
    const result = await change(state);
    expect(result).not.toBe(false);
    expect(result).not.toMatchObject({ outcome: 'repeated' });
    await expect(state.ping()).resolves.toBeUndefined();
  });

  it('takes back what gathered meanwhile too, the latest first', async () => {
    const { state, disk } = await openOnDisk();
    const before = await seen(state);
    disk.stop();
    const all = [
      ...changes.map(([, change]) => change(state)),
      state.families.create(familyOf('login-1', start, { sub: 'bob' }), idle, start),
    ];
    const results = Promise.allSettled(all);
    disk.fail();
    for (const { status } of await results) expect(status).toBe('rejected');
    expect(await seen(state)).toEqual(before);
    expect(await state.families.listBySubject('bob', start)).toEqual([]);
  });

  it('says so once, and once that it is over', async () => {
    const { state, disk, lines } = await openOnDisk();
    disk.fail();
    for (const [, change] of changes) await expect(change(state)).rejects.toBeDefined();
    disk.goOn();
    for (const [, change] of changes) await change(state);
    expect(lines).toEqual([expect.stringContaining('cannot be written'), expect.stringContaining('again')]);
  });

  it('goes on counting', async () => {
    const { state, disk } = await openOnDisk();
    disk.fail();
    await state.counters.add('mistakes', 1, DAY, start);
    await expect(state.families.end('login-1', start)).rejects.toBeDefined();
    expect(await state.counters.add('mistakes', 1, DAY, start)).toMatchObject({ value: 2 });
  });
});

describe('state on a slow disk', () => {
  it.each(changes)('answers %s only when it is stored', async (_what, change) => {
    const { state, disk } = await openOnDisk(20);
    disk.stop();
    await expect(change(state)).rejects.toMatchObject({ code: 'state_unavailable' });
  });

  it.each<[string, (state: State) => Promise<unknown>]>([
    ['the same refresh', ({ families }) => families.rotate(request)],
    ['an older refresh token', ({ families }) => families.rotate({ ...request, sequence: 7 })],
    ['another logout', ({ families }) => families.end('login-1', start)],
  ])('makes %s wait for what came before it', async (_what, second) => {
    const { state, disk } = await openOnDisk(20);
    disk.stop();
    const results = await Promise.allSettled([state.families.rotate(request), second(state)]);
    const late = { status: 'rejected', reason: { code: 'state_unavailable' } };
    expect(results).toMatchObject([late, late]);
  });

  it('reads and counts as ever', async () => {
    const { state, disk } = await openOnDisk();
    disk.stop();
    const logout = state.families.end('login-1', start);
    expect(await state.families.get('login-1', start)).toBeUndefined();
    expect(await state.records.get('sessions', 'id', start)).toBe(1);
    expect(await state.counters.add('mistakes', 1, DAY, start)).toMatchObject({ value: 1 });
    disk.goOn();
    expect(await logout).toMatchObject({ sid: 'login-1' });
  });

  it('tells followers of no revocation that a crash could take back', async () => {
    const { state, disk } = await openOnDisk();
    const listener = recordingListener();
    await state.revocations.subscribe(listener);
    disk.stop();
    const append = state.revocations.append({ kind: 'sid', id: 'login-1' }, start + DAY, start);
    expect(await state.revocations.head()).toMatchObject({ sequence: 0 });
    expect(await state.revocations.snapshot(start)).toMatchObject({ sequence: 0, entries: [] });
    expect(listener.entries).toEqual([]);
    disk.goOn();
    const entry = await append;
    expect(listener.entries).toEqual([entry]);
    expect(await state.revocations.snapshot(start)).toMatchObject({ sequence: 1, entries: [entry] });
  });
});
