import { chmod, chown, lstat, mkdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { Service } from '@gaia/http-service/service';
import { socketPath } from '@gaia/socket-path';

export interface ControlSocket {
  close(): Promise<void>;
}

/**
 * Listens on a Unix domain socket that only this process's user and root can reach: it lies in a directory of mode 0700
 * that belongs to the user, which is made if it is missing. Throws Error for a directory that others can enter, and for a
 * socket on which another process listens.
 */
export async function openControlSocket(app: Service, configured: string): Promise<ControlSocket> {
  const file = resolve(configured);
  const directory = dirname(file);
  const short = socketPath(directory, basename(file));
  const path = join(short.directory, basename(file));
  try {
    await requirePrivateDirectory(directory);
    if (await isListenedOn(path)) throw new Error(`another process listens on the control socket ${file}`);
    // Left by a process that was killed.
    await rm(file, { force: true });
    await app.listen({ path });
    await chmod(file, 0o600);
  } catch (error) {
    await app.close();
    throw error;
  } finally {
    short.remove();
  }
  return {
    close: async () => {
      await app.close();
      await rm(file, { force: true });
    },
  };
}

/**
 * A link, or a directory that another user has put there, would let that user listen in its place. What root makes belongs
 * to the owner of the directory around it, who can then start without root the next time.
 */
async function requirePrivateDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  const self = process.geteuid?.();
  const around = await stat(dirname(directory));
  if (self === 0 && made !== undefined) await chown(directory, around.uid, around.gid);
  const found = await lstat(directory);
  const isOwn = found.uid === self || (self === 0 && found.uid === around.uid);
  if (found.isDirectory() && isOwn && (found.mode & 0o077) === 0) return;
  throw new Error(`the control socket needs a directory of this user alone (mode 0700): ${directory}`);
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
