import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BinaryPackage, makeLinks } from './binary-package.ts';
import { isRoot } from './server-user.ts';

/** Where copies may live, best first. Root's have to be places that every user can traverse. */
export function cacheDirectories(): readonly string[] {
  if (isRoot()) return ['/var/cache/gaia', '/var/tmp/gaia-0', '/tmp/gaia-0'];
  return [join(homedir(), '.cache', 'gaia'), join(tmpdir(), `gaia-${process.geteuid?.() ?? 'user'}`)];
}

/**
 * Copies a package's binaries to a directory, or finds the copy that is there; gives its path. The copy is executed, for
 * root too, so a cache that another user could write to is not used. Throws for an unsafe directory.
 */
export function copyToCache(found: BinaryPackage, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const real = realpathSync(directory);
  if (lstatSync(real).uid === process.geteuid?.()) chmodSync(real, 0o755);
  assertOnlyOursOnTheWay(real);
  return copyInto(real, found);
}

function copyInto(directory: string, found: BinaryPackage): string {
  const place = join(directory, `postgres-${found.version}-${found.platform}`);
  if (isIntact(found.native, place)) return place;
  const fresh = `${place}.${randomBytes(6).toString('hex')}`;
  try {
    copyTree(found.native, fresh);
    if (!makeLinks(found, fresh)) throw new Error('the links between libraries cannot be made');
    rmSync(place, { recursive: true, force: true });
    renameSync(fresh, place);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another start may have been quicker.
    if (isIntact(found.native, place)) return place;
    throw error;
  }
  return place;
}

/** The server's user is another one, so the modes are set whatever the umask and the source's are. */
function copyTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyTree(source, target);
    if (!entry.isFile()) continue;
    copyFileSync(source, target);
    chmodSync(target, (lstatSync(source).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** Every file of the source exists with its size, and only this user could have written it. */
function isIntact(source: string, copy: string): boolean {
  const stats = lstatSync(copy, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || !isOnlyOurs(stats)) return false;
  return readdirSync(source, { withFileTypes: true }).every((entry) => {
    const original = join(source, entry.name);
    const copied = join(copy, entry.name);
    if (entry.isDirectory()) return isIntact(original, copied);
    if (!entry.isFile()) return true;
    const file = lstatSync(copied, { throwIfNoEntry: false });
    return file?.isFile() === true && isOnlyOurs(file) && file.size === lstatSync(original).size;
  });
}

function isOnlyOurs(stats: { uid: number; mode: number }): boolean {
  return stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
}

/** A user who can rename a parent directory could replace the copy; a sticky directory (as /tmp) prevents that. */
function assertOnlyOursOnTheWay(directory: string): void {
  const stats = lstatSync(directory);
  if (!stats.isDirectory() || !isOnlyOurs(stats)) throw new Error('belongs to another user or is writable by others');
  for (let parent = dirname(directory); ; parent = dirname(parent)) {
    const above = lstatSync(parent);
    const trusted = above.uid === 0 || above.uid === process.geteuid?.();
    if (!trusted || ((above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0)) {
      throw new Error(`${parent} is writable by others`);
    }
    if (parent === dirname(parent)) return;
  }
}
