import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Change } from './state-file.ts';

/** Writes to a state file from another thread. */
export interface Writer {
  /** One at a time. Resolves when the changes are on the disk; rejects when none of them is. */
  write(changes: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}

export interface WriterReport {
  readonly failure?: string;
}

/** Resolves when the thread has the file to itself; rejects if it cannot be opened. */
export async function openWriterThread(file: string): Promise<Writer> {
  // The environment holds secrets, and a thread needs none of them.
  const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
    name: 'state',
    env: {},
    workerData: file,
  });
  let ended: Error | undefined;
  let waiting: PromiseWithResolvers<void> | undefined;
  const end = (error: Error) => {
    ended ??= error;
    waiting?.reject(ended);
  };
  worker.on('error', end);
  worker.on('exit', () => end(new Error('the thread that writes has ended')));
  worker.on('message', ({ failure }: WriterReport) => {
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(new Error(failure));
  });

  /** Keeps the process alive meanwhile, and only then. */
  async function report(): Promise<void> {
    if (ended !== undefined) throw ended;
    waiting = Promise.withResolvers<void>();
    worker.ref();
    try {
      await waiting.promise;
    } finally {
      waiting = undefined;
      worker.unref();
    }
  }

  await report();
  return {
    async write(changes) {
      if (ended === undefined) worker.postMessage(changes);
      await report();
    },
    async close() {
      if (ended !== undefined) return;
      worker.ref();
      const exited = once(worker, 'exit');
      worker.postMessage('close');
      await exited;
    },
  };
}
