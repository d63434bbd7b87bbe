import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockDataDirectory } from '../src/data-directory-lock.ts';
import { runScript } from './run-script.ts';

const place = mkdtempSync(join(tmpdir(), 'gaia-lock-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const hold = `
  import { lockDataDirectory } from './src/data-directory-lock.ts';
  try {
    lockDataDirectory(process.argv[1]);
    console.log('held');
    setInterval(() => {}, 1_000);
  } catch (error) {
    console.log(error.code);
  }
`;

describe('lockDataDirectory', () => {
  it('makes the directory, for its owner alone', () => {
    const directory = join(place, 'a', 'new', 'one');
    lockDataDirectory(directory)();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'gaia.lock')).mode & 0o777).toBe(0o600);
  });

  it('is held once, until it is released', () => {
    const directory = join(place, 'once');
    const release = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: 'data_dir_in_use' }));
    release();
    release();
    lockDataDirectory(directory)();
  });

  it('says who holds it', () => {
    const directory = join(place, 'who');
    const release = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(`process ${process.pid}, since 2`);
    release();
  });

  it('leaves locks of other names in the same directory free', () => {
    const directory = join(place, 'names');
    const release = lockDataDirectory(directory);
    lockDataDirectory(directory, 'postgres')();
    release();
  });

  it('keeps another process out, and ends with its owner however that dies', async () => {
    const directory = join(place, 'killed');
    const first = runScript(hold, directory);
    expect(await first.line()).toBe('held');
    const second = runScript(hold, directory);
    expect(await second.line()).toBe('data_dir_in_use');
    await second.ended;
    expect(() => lockDataDirectory(directory)).toThrow(`process ${first.pid},`);
    await first.kill('SIGKILL');
    lockDataDirectory(directory)();
  });

  it('of many that start at once lets in one', async () => {
    const directory = join(place, 'many');
    const starts = Array.from({ length: 3 }, () => runScript(hold, directory));
    const lines = await Promise.all(starts.map((start) => start.line()));
    await Promise.all(starts.map((start) => start.kill('SIGKILL')));
    expect(lines.sort()).toEqual(['data_dir_in_use', 'data_dir_in_use', 'held']);
  });

  it.each([
    ['a file', () => writeFileSync(join(place, 'file'), ''), join(place, 'file')],
    ['below a file', () => writeFileSync(join(place, 'other'), ''), join(place, 'other', 'data')],
    ['of an impossible name', () => {}, join(place, 'x'.repeat(300))],
  ])('refuses a directory that is %s', (_case, prepare, directory) => {
    prepare();
    expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: 'data_dir_unusable' }));
  });

  it('does not write through a symbolic link', () => {
    const directory = join(place, 'linked');
    lockDataDirectory(directory)();
    const precious = join(place, 'precious');
    writeFileSync(precious, 'untouched');
    rmSync(join(directory, 'gaia.owner'));
    symlinkSync(precious, join(directory, 'gaia.owner'));
    expect(() => lockDataDirectory(directory)).toThrow(expect.objectContaining({ code: 'data_dir_unusable' }));
    expect(readFileSync(precious, 'utf8')).toBe('untouched');
  });
});
