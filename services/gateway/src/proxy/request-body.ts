import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { problem } from '@gaia/http-service/problem';

/** Whether a request has a body (RFC 9112 §6.3); refuses one whose stated length is over `maxBytes`. */
export function hasBody(incoming: IncomingMessage, maxBytes: number): boolean {
  const length = incoming.headers['content-length'];
  if (length === undefined) return incoming.headers['transfer-encoding'] !== undefined;
  if (Number(length) > maxBytes) throw problem('payload_too_large');
  return length !== '0';
}

/**
 * The body of a request as a stream of its own, with back-pressure. undici destroys the streams that it is given when a
 * service answers early or breaks off; destroying the request itself would tear down the client's connection before the
 * answer is on its way. Ends with payload_too_large after `maxBytes`.
 */
export function bodyOf(incoming: IncomingMessage, maxBytes: number): Readable {
  let taken = 0;
  const body = new Readable({
    highWaterMark: 65_536,
    read() {
      incoming.resume();
    },
    destroy(error, done) {
      incoming.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
      incoming.on('error', ignore);
      incoming.pause();
      done(error);
    },
  });
  function onData(chunk: Buffer): void {
    taken += chunk.length;
    if (taken > maxBytes) body.destroy(problem('payload_too_large'));
    else if (!body.push(chunk)) incoming.pause();
  }
  function onEnd(): void {
    body.push(null);
  }
  function onBreak(): void {
    if (!incoming.readableEnded) body.destroy(new Error('the client broke off'));
  }
  incoming.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  incoming.pause();
  return body;
}

function ignore(): void {}
