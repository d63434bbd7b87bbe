import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Uploads take less; the upload of an older file has ended. */
export const LONGEST_UPLOAD_MS = 6 * 3_600_000;

/** The name of a file that is being written by this process; it says whose it is. */
export function temporaryName(id: string, host = hostname(), pid = process.pid): string {
  return `${encodeURIComponent(host)}~${pid}~${id}`;
}

/**
 * Removes files that no living process writes: those of dead processes of this host, of an earlier process with our own
 * number (containers always have the same), and very old ones of other hosts that share the directory. Gives how many.
 */
export async function sweepTemporaryFiles(directory: string, now: number): Promise<number> {
  const startedAt = now - process.uptime() * 1_000;
  let removed = 0;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const changedAt = await stat(path).then(
      (found) => found.mtimeMs,
      () => undefined,
    );
    if (changedAt === undefined || !isLeftOver(name, changedAt, now, startedAt)) continue;
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

function isLeftOver(name: string, changedAt: number, now: number, startedAt: number): boolean {
  if (now - changedAt > LONGEST_UPLOAD_MS) return true;
  const [host, pid] = name.split('~');
  if (host !== encodeURIComponent(hostname()) || pid === undefined) return false;
  return Number(pid) === process.pid ? changedAt < startedAt : !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}
