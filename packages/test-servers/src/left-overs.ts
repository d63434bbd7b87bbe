import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@gaia/embedded-postgres';

export const runDirectoryPrefix = 'gaia-tests-';

const SETTLED_AFTER_MS = 60_000;

/** A killed test run leaves its servers and files behind; the next one removes them. Runs that are alive keep theirs. */
export async function removeLeftOvers(temporary: string): Promise<void> {
  for (const name of readdirSync(temporary)) {
    if (!name.startsWith(runDirectoryPrefix)) continue;
    try {
      await removeLeftOver(join(temporary, name));
    } catch {
      // In use, another user's, or gone meanwhile: not ours to remove.
    }
  }
}

async function removeLeftOver(directory: string): Promise<void> {
  const stats = statSync(directory);
  if (stats.uid !== process.geteuid?.() || Date.now() - stats.mtimeMs < SETTLED_AFTER_MS) return;
  const dataDir = join(directory, 'postgres');
  if (existsSync(join(dataDir, 'data', 'postmaster.pid'))) {
    // Fails while the run is alive. Otherwise the server is taken over and can be stopped.
    const left = await startEmbeddedPostgres({ dataDir, durable: false });
    await left.stop();
  }
  endRedis(join(directory, 'redis'));
  rmSync(directory, { recursive: true, force: true });
}

/** Only where the process can be recognised for certain, by its working directory, is it ended. */
function endRedis(directory: string): void {
  try {
    const pid = Number(readFileSync(join(directory, 'redis.pid'), 'utf8'));
    if (statSync(`/proc/${pid}/cwd`).ino === statSync(directory).ino) process.kill(pid, 'SIGKILL');
  } catch {}
}
