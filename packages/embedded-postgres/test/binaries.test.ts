import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareBinaries } from '../src/binaries.ts';
import { copyToCache } from '../src/binary-cache.ts';
import { type BinaryPackage, findBinaryPackage } from '../src/binary-package.ts';
import { serverUser } from '../src/server-user.ts';

const place = mkdtempSync(join(tmpdir(), 'gaia-binaries-'));
chmodSync(place, 0o755);
afterAll(() => rmSync(place, { recursive: true, force: true }));

const real = findBinaryPackage();

/** The package as npm unpacks it, without the links: what another installation would be. */
function installed(name: string): BinaryPackage {
  const native = join(place, name);
  for (const entry of readdirSync(real.native, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    const to = join(native, from.slice(real.native.length));
    mkdirSync(join(to, '..'), { recursive: true });
    if (entry.isFile()) linkOrCopy(from, to);
  }
  return { ...real, native };
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

describe('findBinaryPackage', () => {
  it('says what to do on a platform without binaries', () => {
    expect(() => findBinaryPackage('plan9-mips')).toThrow(
      expect.objectContaining({ code: 'binaries_unusable', message: expect.stringContaining('DATABASE_URL') }),
    );
  });
});

describe('prepareBinaries', () => {
  it('makes the links and uses what is installed', async () => {
    const found = installed('plain');
    const first = await prepareBinaries(found, serverUser(undefined), []);
    expect(first.postgres).toBe(join(found.native, 'bin', 'postgres'));
    for (const { directory, name } of found.links) {
      expect(lstatSync(join(found.native, directory, name)).isSymbolicLink()).toBe(true);
    }
    expect(await prepareBinaries(found, serverUser(undefined), [])).toEqual(first);
  });

  it('says so where they run nowhere', async () => {
    const found = installed('broken');
    rmSync(join(found.native, 'lib'), { recursive: true });
    await expect(prepareBinaries(found, undefined, [join(place, 'broken-cache')])).rejects.toMatchObject({
      code: 'binaries_unusable',
    });
  });
});

/** Small, because it is copied and never run. */
function small(name: string): BinaryPackage {
  const native = join(place, name);
  for (const file of ['bin/postgres', 'bin/initdb', 'lib/libpq.so.5.18', 'share/postgresql/errcodes.txt']) {
    mkdirSync(join(native, file, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(join(native, file), `this is ${file}`, { mode: file.startsWith('bin/') ? 0o700 : 0o600 });
  }
  return {
    native,
    platform: 'test',
    version: '18.0.0',
    links: [{ directory: 'lib', name: 'libpq.so.5', target: 'libpq.so.5.18' }],
  };
}

describe('copyToCache', () => {
  it('copies once, whatever the umask', () => {
    const cache = join(place, 'cache');
    const found = small('source');
    const umask = process.umask(0o077);
    const copy = copyToCache(found, cache);
    process.umask(umask);
    expect(statSync(join(copy, 'bin', 'postgres')).mode & 0o777).toBe(0o755);
    expect(statSync(join(copy, 'share', 'postgresql')).mode & 0o777).toBe(0o755);
    expect(statSync(join(copy, 'share', 'postgresql', 'errcodes.txt')).mode & 0o777).toBe(0o644);
    expect(readFileSync(join(copy, 'lib', 'libpq.so.5'), 'utf8')).toBe('this is lib/libpq.so.5.18');
    const { ino } = statSync(copy);
    expect(copyToCache(found, cache)).toBe(copy);
    expect(statSync(copy).ino).toBe(ino);
  });

  it.each([
    ['a file that others may write to', (copy: string) => chmodSync(join(copy, 'bin', 'postgres'), 0o777)],
    ['a directory that others may write to', (copy: string) => chmodSync(join(copy, 'bin'), 0o777)],
    ['a file that is cut off', (copy: string) => truncateSync(join(copy, 'bin', 'postgres'), 3)],
    ['a file missing', (copy: string) => rmSync(join(copy, 'bin', 'initdb'))],
  ])('makes the copy anew when it has %s', (name, spoil) => {
    const cache = join(place, name);
    const found = small(`source of ${name}`);
    const copy = copyToCache(found, cache);
    const { ino } = statSync(copy);
    spoil(copy);
    expect(copyToCache(found, cache)).toBe(copy);
    expect(statSync(copy).ino).not.toBe(ino);
    expect(statSync(join(copy, 'bin', 'postgres')).mode & 0o022).toBe(0);
    expect(readFileSync(join(copy, 'bin', 'initdb'), 'utf8')).toBe('this is bin/initdb');
  });

  it('does not use a place below a directory that others may write to', () => {
    const open = join(place, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(() => copyToCache(small('source of open'), join(open, 'cache'))).toThrow('writable by others');
  });

  it('does not follow a symbolic link in place of the copy', () => {
    const cache = join(place, 'linked');
    const found = small('source of linked');
    const copy = copyToCache(found, cache);
    rmSync(copy, { recursive: true });
    const elsewhere = join(place, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, copy);
    copyToCache(found, cache);
    expect(lstatSync(copy).isDirectory()).toBe(true);
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
