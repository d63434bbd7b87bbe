import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** sockaddr_un holds 108 bytes on Linux, 104 on macOS, the closing zero included. */
const LONGEST = 103;

export interface SocketPath {
  readonly directory: string;
  remove(): void;
}

/**
 * A path to the directory that is short enough to reach the socket `name` in it: the directory's own, or a symbolic link in
 * a private directory (mode 0700), so that no other user can lead the clients to a server of their own. Server and clients
 * each make theirs.
 */
export function socketPath(
  directory: string,
  name: string,
  temporary: readonly string[] = [tmpdir(), '/tmp'],
): SocketPath {
  if (isShort(directory, name)) return { directory, remove: () => {} };
  const place = temporary.find((candidate) => isShort(join(candidate, 'gaia-XXXXXX', 's'), name)) ?? '/tmp';
  const parent = mkdtempSync(join(place, 'gaia-'));
  const link = join(parent, 's');
  symlinkSync(directory, link);
  return { directory: link, remove: () => rmSync(parent, { recursive: true, force: true }) };
}

function isShort(directory: string, name: string): boolean {
  return Buffer.byteLength(join(directory, name)) <= LONGEST;
}
