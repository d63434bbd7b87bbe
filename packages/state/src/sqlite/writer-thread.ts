import { parentPort, workerData } from 'node:worker_threads';
import { type Change, openStateFile } from './state-file.ts';
import type { WriterReport } from './writer.ts';

/** A thread that writes and waits for the disk, so that the event loop need not; writer.ts begins it. */
const file = openStateFile(workerData);
parentPort?.postMessage({} satisfies WriterReport);
parentPort?.on('message', (changes: readonly Change[] | 'close') => {
  if (changes !== 'close') parentPort?.postMessage(written(changes));
  else {
    file.close();
    parentPort?.close();
  }
});

function written(changes: readonly Change[]): WriterReport {
  try {
    file.write(changes);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? error.message : 'nothing was written' };
  }
}
