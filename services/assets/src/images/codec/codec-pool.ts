import type { Readable } from 'node:stream';
import type { CodecFailure, CodecJob, CodecLimits, Description } from './codec-job.ts';
import { createJobQueue, type Priority, QueueFull } from './job-queue.ts';
import { startWorker, WorkerFailed, type WorkerProcess, type WorkerResult } from './worker-process.ts';

/** The bytes are no image that is decoded here, or one over the limits. */
export class ImageRejected extends Error {
  readonly reason: CodecFailure;
  constructor(reason: ImageRejected['reason']) {
    super(`an image cannot be converted: ${reason}`);
    this.name = 'ImageRejected';
    this.reason = reason;
  }
}

/** The bytes of an image, opened when a worker is free for them. */
export interface ImageSource {
  readonly size: number;
  /** What decoding takes: pixels of all frames. */
  readonly pixels: number;
  open(): Promise<Readable>;
}

export interface RenderedImage {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
}

export interface CodecPool {
  /** Throws ImageRejected, WorkerFailed, SourceFailed, QueueFull, and what `open` throws. */
  describe(source: ImageSource, priority: Priority): Promise<Description>;
  /** Throws the same. */
  render(source: ImageSource, job: Omit<RenderJob, 'kind'>, priority: Priority): Promise<RenderedImage>;
  readonly waiting: () => number;
  readonly workers: () => number;
  close(): void;
}

type RenderJob = Extract<CodecJob, { kind: 'render' }>;

export interface CodecPoolOptions {
  readonly workers: number;
  readonly limits: CodecLimits;
  /** Of one job. */
  readonly timeoutMs: number;
  readonly maxWaiting: number;
}

/** Longer than a page waits for its images. */
const MAX_WAIT_MS = 30_000;
/** After so many a worker is replaced: what decoders leak stays small. */
const JOBS_OF_A_WORKER = 500;
const IDLE_MS = 60_000;

/**
 * Worker processes that decode images, started when they are first needed and ended when they are no longer. Processes and not
 * threads: a decoder that crashes, hangs or takes too much memory is killed, and takes no request with it but its own.
 */
export function createCodecPool({ workers, limits, timeoutMs, maxWaiting }: CodecPoolOptions): CodecPool {
  const queue = createJobQueue({
    slots: workers,
    maxWeight: limits.maxPixels,
    maxWaiting,
    maxWaitMs: MAX_WAIT_MS,
  });
  const all = new Set<WorkerProcess>();
  const idle: { readonly worker: WorkerProcess; readonly timer: NodeJS.Timeout; readonly jobs: number }[] = [];
  let closed = false;

  function take(): { worker: WorkerProcess; jobs: number } {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      clearTimeout(found.timer);
      if (found.worker.isAlive()) return found;
      all.delete(found.worker);
    }
    const worker = startWorker();
    all.add(worker);
    return { worker, jobs: 0 };
  }

  function giveBack(worker: WorkerProcess, jobs: number): void {
    if (closed || jobs >= JOBS_OF_A_WORKER || !worker.isAlive()) {
      retire(worker);
      return;
    }
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((one) => one.worker === worker),
        1,
      );
      retire(worker);
    }, IDLE_MS);
    timer.unref();
    idle.push({ worker, timer, jobs });
  }

  function retire(worker: WorkerProcess): void {
    all.delete(worker);
    worker.end();
  }

  async function work(source: ImageSource, job: CodecJob, priority: Priority): Promise<WorkerResult> {
    return queue.run(source.pixels, priority, async () => {
      if (closed) throw new QueueFull();
      const bytes = await source.open();
      const { worker, jobs } = take();
      try {
        return await worker.run({ job, inputBytes: source.size, limits }, bytes, timeoutMs);
      } catch (error) {
        // Ended with the pool: that says nothing of the image.
        throw closed ? new QueueFull() : error;
      } finally {
        giveBack(worker, jobs + 1);
      }
    });
  }

  return {
    async describe(source, priority) {
      const { response } = await work(source, { kind: 'describe' }, priority);
      if (response.kind === 'described') return response.description;
      throw rejectionOf(response);
    },
    async render(source, job, priority) {
      const { response, bytes } = await work(source, { kind: 'render', ...job }, priority);
      if (response.kind === 'rendered') return { bytes, width: response.width, height: response.height };
      throw rejectionOf(response);
    },
    waiting: queue.waiting,
    workers: () => all.size,
    close: () => {
      closed = true;
      queue.close();
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      for (const worker of [...all]) retire(worker);
    },
  };
}

function rejectionOf(response: WorkerResult['response']): Error {
  return response.kind === 'failed' ? new ImageRejected(response.reason) : new WorkerFailed('crashed');
}
