import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { openStateFile } from '../../src/sqlite/state-file.ts';
import type { Writer } from '../../src/sqlite/writer.ts';

/** Names of new files in a temporary folder. */
export async function stateFiles(): Promise<() => string> {
  const folder = await mkdtemp(join(tmpdir(), 'gaia-state-'));
  afterAll(() => rm(folder, { recursive: true }));
  let named = 0;
  return () => {
    named += 1;
    return join(folder, `${named}.sqlite`);
  };
}

/** Writes as the thread does, without the tenth of a second that a thread takes to begin. */
export async function openWriterHere(file: string): Promise<Writer> {
  const stateFile = openStateFile(file);
  return {
    async write(changes) {
      await setImmediate();
      stateFile.write(changes);
    },
    close: async () => stateFile.close(),
  };
}
