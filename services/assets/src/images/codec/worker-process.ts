import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import type { CodecRequest, CodecResponse } from './codec-job.ts';

/** The worker ended, or was ended, before it had answered. */
export class WorkerFailed extends Error {
  readonly reason: 'crashed' | 'timeout';
  constructor(reason: WorkerFailed['reason']) {
    super(`an image worker failed: ${reason}`);
    this.name = 'WorkerFailed';
    this.reason = reason;
  }
}

/** The bytes could not be read from the store. */
export class SourceFailed extends Error {
  constructor(cause: unknown) {
    super('the bytes of an image could not be read', { cause });
    this.name = 'SourceFailed';
  }
}

export interface WorkerResult {
  readonly response: CodecResponse;
  readonly bytes: Buffer;
}

export interface WorkerProcess {
  /** One at a time. After an error the worker is over. Throws WorkerFailed, SourceFailed. */
  run(request: CodecRequest, source: Readable, timeoutMs: number): Promise<WorkerResult>;
  readonly isAlive: () => boolean;
  end(): void;
}

const WORKER = new URL('./worker.ts', import.meta.url);

/** Starts a worker. It gets nothing of this process: not its environment, which holds secrets, nor its descriptors. */
export function startWorker(): WorkerProcess {
  const child = fork(WORKER, [], {
    stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
    env: workerEnvironment(process.env),
    execArgv: ['--max-old-space-size=128', '--no-warnings'],
    serialization: 'json',
  });
  // Neither keeps this process alive between two images.
  child.unref();
  child.channel?.unref();
  for (const stream of [child.stdin, child.stdout]) if (stream instanceof Socket) stream.unref();
  child.on('error', () => child.kill('SIGKILL'));
  child.stdin?.on('error', () => undefined);
  let alive = true;
  child.once('exit', () => {
    alive = false;
  });
  const end = () => {
    alive = false;
    child.kill('SIGKILL');
  };
  return {
    isAlive: () => alive,
    end,
    async run(request, source, timeoutMs) {
      try {
        return await exchange(child, request, source, timeoutMs);
      } catch (error) {
        end();
        throw error;
      } finally {
        source.destroy();
      }
    },
  };
}

async function exchange(
  child: ChildProcess,
  request: CodecRequest,
  source: Readable,
  timeoutMs: number,
): Promise<WorkerResult> {
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new WorkerFailed('crashed');
  const ended = new AbortController();
  const { signal } = ended;
  let failed: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => {
    failed = reject;
  });
  const onExit = () => failed(new WorkerFailed('crashed'));
  const timer = setTimeout(() => failed(new WorkerFailed('timeout')), timeoutMs);
  child.once('exit', onExit);
  const chunks: Buffer[] = [];
  const onData = (chunk: Buffer) => chunks.push(chunk);
  stdout.on('data', onData);
  try {
    child.send(request, (error) => error && failed(new WorkerFailed('crashed')));
    feed(stdin, source, signal).catch((error) => failed(new SourceFailed(error)));
    const [response] = (await Promise.race([once(child, 'message', { signal }), failure])) as [CodecResponse];
    const expected = response.kind === 'rendered' ? response.outputBytes : 0;
    while (lengthOf(chunks) < expected) await Promise.race([once(stdout, 'data', { signal }), failure]);
    return { response, bytes: Buffer.concat(chunks) };
  } finally {
    clearTimeout(timer);
    child.off('exit', onExit);
    stdout.off('data', onData);
    ended.abort();
    failure.catch(() => undefined);
  }
}

async function feed(stdin: Writable, source: Readable, signal: AbortSignal): Promise<void> {
  for await (const chunk of source) {
    if (!stdin.write(chunk)) await once(stdin, 'drain', { signal });
  }
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** Where the libraries are, and bounds on what the allocator keeps. */
function workerEnvironment({ LD_LIBRARY_PATH: libraries }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }),
    MALLOC_ARENA_MAX: '2',
    VIPS_BLOCK_UNTRUSTED: '1',
  };
}
