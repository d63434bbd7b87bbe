import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteState } from '../../src/sqlite/sqlite-state.ts';
import { openWriterThread } from '../../src/sqlite/writer.ts';
import type { State } from '../../src/state.ts';
import { DAY, familyOf } from '../opened.ts';
import { openWriterHere, stateFiles } from './files.ts';

const newFile = await stateFiles();
const start = Date.now();
const idle = 7 * DAY;

async function opened(file: string, { openWriter = openWriterHere, now = Date.now } = {}): Promise<State> {
  const state = await openSqliteState({ file, now, openWriter });
  onTestFinished(() => state.close());
  return state;
}

/** One of everything, and what of it is to be seen. */
async function fill(state: State): Promise<void> {
  await state.families.create(familyOf('alive', start, { sub: 'anna' }), idle, start);
  const rotation = { sid: 'alive', keyDigest: 'key', graceMs: 0, idleMs: idle, now: start + 5 };
  await state.families.rotate({ ...rotation, sequence: 1 });
  await state.families.setSite('alive', 'site-b.localhost', start);
  await state.families.create(familyOf('ended', start, { sub: 'anna' }), idle, start);
  await state.families.end('ended', start);
  await state.revocations.append({ kind: 'sid', id: 'ended' }, start + DAY, start);
  await state.revocations.append({ kind: 'sub', id: '\ud800', notBefore: 7 }, start + DAY, start);
  await state.records.set('sessions', 'kept', { of: 'anna' }, start + DAY, start);
  await state.records.set('sessions', 'deleted', 1, start + DAY, start);
  await state.records.delete('sessions', 'deleted');
  await state.records.add('locks', '\ud801', 1, start + DAY, start);
  await state.consumeOnce('reset', 'used', start + DAY, start);
  await state.counters.add('mistakes', 3, DAY, start);
}

async function seen(state: State): Promise<unknown> {
  const { families, revocations, records, counters } = state;
  return {
    alive: await families.get('alive', start),
    ofAnna: await families.listBySubject('anna', start),
    feed: await revocations.snapshot(start),
    head: await revocations.head(),
    kept: await records.get('sessions', 'kept', start),
    deleted: await records.get('sessions', 'deleted', start),
    locks: [await records.get('locks', '\ud801', start), await records.get('locks', '\ud802', start)],
    mistakes: await counters.get('mistakes', start),
  };
}

describe('state in a file', () => {
  it('is after a restart what it was before', async () => {
    const file = newFile();
    const before = await opened(file, { openWriter: openWriterThread });
    await fill(before);
    const held = await seen(before);
    await before.close();
    const after = await opened(file, { openWriter: openWriterThread });
    expect(await seen(after)).toEqual(held);
    const repeated = { sid: 'alive', sequence: 1, keyDigest: 'key', graceMs: 0, idleMs: idle, now: start + DAY };
    expect(await after.families.rotate(repeated)).toMatchObject({ outcome: 'repeated' });
    expect(await after.consumeOnce('reset', 'used', start + DAY, start)).toBe(false);
    expect((await after.revocations.append({ kind: 'kid', id: 'k' }, start + DAY, start)).sequence).toBe(3);
    expect((await after.revocations.head()).epoch).toBe((await before.revocations.head()).epoch);
  });

  it('is on the disk when it is answered', async () => {
    const file = newFile();
    const state = await opened(file, { openWriter: openWriterThread });
    /** What a crash at this moment would leave. */
    const crashed = async () => {
      const copy = newFile();
      for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
      return opened(copy);
    };
    const request = { sid: 'login-1', graceMs: 30_000, idleMs: idle, now: start };
    await state.families.create(familyOf('login-1', start), idle, start);
    expect(await (await crashed()).families.get('login-1', start)).toBeDefined();
    await state.families.rotate({ ...request, sequence: 1 });
    expect(await (await crashed()).families.rotate({ ...request, sequence: 2 })).toMatchObject({ outcome: 'rotated' });
    await state.families.end('login-1', start);
    expect(await (await crashed()).families.rotate({ ...request, sequence: 2 })).toEqual({ outcome: 'ended' });
    const entry = await state.revocations.append({ kind: 'sid', id: 'login-1' }, start + DAY, start);
    expect((await (await crashed()).revocations.snapshot(start)).entries).toEqual([entry]);
    await state.consumeOnce('reset', 'x', start + DAY, start);
    expect(await (await crashed()).consumeOnce('reset', 'x', start + DAY, start)).toBe(false);
    await state.records.add('sessions', 'x', 1, start + DAY, start);
    expect(await (await crashed()).records.get('sessions', 'x', start)).toBe(1);
    await state.records.delete('sessions', 'x');
    expect(await (await crashed()).records.get('sessions', 'x', start)).toBeUndefined();
  });

  it('leaves what has ended behind', async () => {
    const file = newFile();
    const state = await opened(file);
    await state.records.set('sessions', 'short', 1, start + 1_000, start);
    await state.records.set('sessions', 'long', 1, start + DAY, start);
    await state.close();
    await (await opened(file, { now: () => start + 1_000 })).close();
    const database = new DatabaseSync(file);
    const keys = database.prepare("SELECT key FROM state WHERE map = 'records'").all();
    database.close();
    expect(keys).toEqual([{ key: JSON.stringify('8:sessions:long') }]);
  });

  it('stores counters in the background', async () => {
    const file = newFile();
    const state = await opened(file);
    await state.counters.add('mistakes', 3, DAY, start);
    await expect
      .poll(
        async () => {
          const copy = newFile();
          for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
          return (await opened(copy)).counters.get('mistakes', start);
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ value: 3 });
  });

  it('is readable by its owner alone', async () => {
    const file = newFile();
    await fill(await opened(file));
    for (const suffix of ['', '-wal']) expect(statSync(file + suffix).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (file: string) => void]>([
    [
      'is something else',
      (file) => writeFileSync(file, 'not a database, but as long as the head of one is '.repeat(100)),
    ],
    ['was made by a later version', (file) => version(file, 2)],
    ['is a link', (file) => symlinkSync(newFile(), file)],
  ])('is not begun anew in a file that %s', async (_what, make) => {
    const file = newFile();
    make(file);
    await expect(openSqliteState({ file, now: Date.now })).rejects.toThrow(/cannot be used: .*Move it away/);
  });

  it('does not keep a process alive', async () => {
    const module = new URL('../../src/sqlite/sqlite-state.ts', import.meta.url).href;
    const code = `const { openSqliteState } = await import(${JSON.stringify(module)});
      const state = await openSqliteState({ file: ${JSON.stringify(newFile())}, now: Date.now });
      await state.consumeOnce('reset', 'id', Date.now() + 60_000, Date.now());
      await state.counters.add('x', 1, 60_000, Date.now());`;
    const program = `${newFile()}.mjs`;
    writeFileSync(program, code);
    const child = spawn(process.execPath, [program], { stdio: 'inherit', timeout: 60_000 });
    expect(await once(child, 'exit')).toEqual([0, null]);
  }, 90_000);
});

function version(file: string, number: number): void {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${number}`);
  database.close();
}
