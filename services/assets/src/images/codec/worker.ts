import process from 'node:process';
import type { CodecRequest, CodecResponse } from './codec-job.ts';
import { describe, ImageRefused, render } from './image-decoder.ts';

/**
 * Main of a worker process: decodes images that strangers made. A fault of a decoder ends this process and no other; it has
 * no secrets, no connections, and one image at a time.
 */

const WATCH_EVERY_MS = 25;

let input: Buffer[] = [];
let received = 0;
let wake: (() => void) | undefined;

process.stdin.on('data', (chunk: Buffer) => {
  input.push(chunk);
  received += chunk.length;
  wake?.();
});

async function inputOf(size: number): Promise<Buffer> {
  while (received < size) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  const bytes = Buffer.concat(input);
  input = [];
  received = 0;
  return bytes;
}

async function respond({ job, inputBytes, limits }: CodecRequest): Promise<void> {
  const bytes = await inputOf(inputBytes);
  const watch = setInterval(() => {
    // The decoders run on threads of their own, so this is asked in time.
    if (process.memoryUsage.rss() > limits.maxMemoryBytes) process.kill(process.pid, 'SIGKILL');
  }, WATCH_EVERY_MS);
  try {
    if (job.kind === 'describe') {
      send({ kind: 'described', description: await describe(bytes, limits) });
    } else {
      const { bytes: output, width, height } = await render(bytes, job, limits);
      send({ kind: 'rendered', outputBytes: output.length, width, height });
      process.stdout.write(output);
    }
  } catch (error) {
    send({ kind: 'failed', reason: error instanceof ImageRefused ? error.reason : reasonOf(error) });
  } finally {
    clearInterval(watch);
  }
}

function reasonOf(error: unknown): 'too_large' | 'unreadable' {
  return /pixel limit/i.test(error instanceof Error ? error.message : '') ? 'too_large' : 'unreadable';
}

function send(response: CodecResponse): void {
  process.send?.(response);
}

process.on('message', (request: CodecRequest) => void respond(request));
// Whoever asked is gone, killed perhaps.
process.on('disconnect', () => process.exit());
