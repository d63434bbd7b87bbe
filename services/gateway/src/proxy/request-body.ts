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

/**
 * The body of a request as a stream of its own, with back-pressure. undici destroys the streams that it is given when a
 * service answers early or breaks off; destroying the request itself would tear down the client's connection before the
 * answer is on its way. Ends with payload_too_large after `maxBytes`, with request_too_slow when it comes drop by drop.
 */
export function bodyOf(incoming: IncomingMessage, maxBytes: number, now: () => number): Readable {
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
      incoming.pause();
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
    body.push(null);
    body.emit('whole');
  }
  function onBreak(): void {
    if (!incoming.readableEnded) body.destroy(new Error('the client broke off'));
  }
  // It may break off before anybody reads it; whoever reads it hears of that in any case.
  body.on('error', ignore);
  incoming.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  incoming.pause();
  return body;
}

/**
 * Waits until a body is whole or has filled its buffer, so that a client that sends it drop by drop holds no connection
 * to the service meanwhile: those are few. Rejects with what ended the body before that.
 */
export function gathered(body: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    body.read(0);
    const look = (): void => {
      if (body.errored) reject(body.errored);
      else if (body.destroyed || body.readableLength >= body.readableHighWaterMark) resolve();
      else return;
      stop();
    };
    const whole = (): void => {
      resolve();
      stop();
    };
    const stop = (): void => {
      body.off('gathering', look).off('whole', whole).off('error', look);
    };
    body.on('gathering', look).on('whole', whole).on('error', look);
    look();
  });
}

function ignore(): void {}
