import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { problem } from '@gaia/http-service/problem';
import { problem as ownProblem } from '../errors.ts';

/** Whether a request has a body (RFC 9112 §6.3); refuses one whose stated length is over `maxBytes`. */
export function hasBody(incoming: IncomingMessage, maxBytes: number): boolean {
  const length = incoming.headers['content-length'];
  if (length === undefined) return incoming.headers['transfer-encoding'] !== undefined;
  if (Number(length) > maxBytes) throw problem('payload_too_large');
  return length !== '0';
}

/** A body must bring so much in each window, or it is there to hold a connection. */
const PACE_WINDOW_MS = 30_000;
const PACE_BYTES = 4_096;

/** What is sent on of a body: all of it, or a way to read it, once. */
export type Payload = Buffer | AsyncIterable<Buffer>;

export interface RequestBody {
  /**
   * Waits until the body is whole or has filled its buffer, so that a client that sends it drop by drop holds no
   * connection to the service meanwhile: those are few. Nothing of the payload is used up before it is read. Refuses:
   * payload_too_large after `maxBytes`, request_too_slow when it comes drop by drop; later they end the payload.
   */
  gather(): Promise<Payload>;
  /** Nobody reads it any more. */
  end(): void;
}

/**
 * The body of a request as a stream of its own, with back-pressure: ending the request itself would tear down the
 * client's connection before the answer is on its way.
 */
export function bodyOf(incoming: IncomingMessage, maxBytes: number, now: () => number): RequestBody {
  let whole = false;
  let taken = 0;
  let windowFrom = now();
  let inWindow = 0;
  const body = new Readable({
    highWaterMark: 65_536,
    read() {
      // While the service takes nothing, the client is not to blame.
      if (incoming.isPaused()) startWindow();
      incoming.resume();
    },
    destroy(error, done) {
      incoming.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
      incoming.on('error', ignore);
      // What still comes is thrown away for as long as the connection is lingered over.
      incoming.resume();
      done(error);
    },
  });
  function startWindow(): void {
    windowFrom = now();
    inWindow = 0;
  }
  function isTooSlow(length: number): boolean {
    inWindow += length;
    if (now() - windowFrom < PACE_WINDOW_MS) return false;
    const slow = inWindow < PACE_BYTES;
    startWindow();
    return slow;
  }
  function onData(chunk: Buffer): void {
    taken += chunk.length;
    if (isTooSlow(chunk.length)) body.destroy(ownProblem('request_too_slow'));
    else if (taken > maxBytes) body.destroy(problem('payload_too_large'));
    else {
      if (!body.push(chunk)) incoming.pause();
      body.emit('gathering');
    }
  }
  function onEnd(): void {
    whole = true;
    body.push(null);
    body.emit('whole');
  }
  function onBreak(): void {
    if (!incoming.readableEnded) body.destroy(new Error('the client broke off'));
  }
  // It can fail before it is read; the reader gets the error.
  body.on('error', ignore);
  incoming.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  incoming.pause();

  /** Rejects with what ended the body before. */
  function gathered(): Promise<void> {
    return new Promise((resolve, reject) => {
      body.read(0);
      const look = (): void => {
        if (body.errored) reject(body.errored);
        else if (whole || body.destroyed || body.readableLength >= body.readableHighWaterMark) resolve();
        else return;
        body.off('gathering', look).off('whole', look).off('error', look);
      };
      body.on('gathering', look).on('whole', look).on('error', look);
      look();
    });
  }

  return {
    async gather() {
      await gathered();
      if (whole) return allOf(body);
      return { [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() };
    },
    end: () => void body.destroy(),
  };
}

/** Since Node 26 `read()` gives one chunk, and not all that is there. */
function allOf(body: Readable): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk = body.read(); chunk !== null; chunk = body.read()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function ignore(): void {}
