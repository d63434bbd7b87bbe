import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { problem } from '../errors.ts';
import type { Scanner } from './scanner.ts';

/** Where clamd listens: a path of a socket, or a host and a port. */
export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Reads `host:port` or `unix:/path`. Throws an Error that completes "ASSETS_CLAMD …". */
export function parseClamdAddress(text: string): ClamdAddress {
  const path = /^unix:(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { path };
  const [, host, port] = /^\[?([^[\]/]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || !(Number(port) <= 65_535)) throw new Error('must be host:port or unix:/path');
  return { host, port: Number(port) };
}

/** A connection on which nothing moves for so long is given up; clamd takes its time for archives. */
const IDLE_MS = 60_000;
const MAX_REPLY_BYTES = 1_024;
const PIECE_BYTES = 256 * 1024;

/**
 * Sends all bytes to a clamd as they go by (INSTREAM). Fails closed: bytes that it has not called clean are not taken, whatever the
 * reason.
 */
export function createClamdScanner(address: ClamdAddress, idleMs = IDLE_MS): Scanner {
  return {
    async *scanned(source) {
      const session = openSession(address, idleMs);
      try {
        await session.write(Buffer.from('zINSTREAM\0'));
        for await (const chunk of source) {
          for (let at = 0; at < chunk.length; at += PIECE_BYTES)
            await session.write(framed(chunk.subarray(at, at + PIECE_BYTES)));
          yield chunk;
        }
        await session.write(framed(Buffer.alloc(0)));
        judge(await session.reply());
      } finally {
        session.end();
      }
    },
  };
}

function framed(piece: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(piece.length);
  return Buffer.concat([length, piece]);
}

function judge(reply: string): void {
  if (reply === 'stream: OK') return;
  if (/size limit exceeded/i.test(reply)) throw problem('file_too_large_to_scan');
  if (!/ FOUND$/.test(reply)) throw unavailable(new Error(`clamd: ${reply.slice(0, 200)}`));
  throw problem('file_infected');
}

function unavailable(cause: unknown) {
  return problem('scanner_unavailable', { headers: { 'retry-after': '30' }, cause });
}

function openSession(address: ClamdAddress, idleMs: number) {
  const socket: Socket = connect(address);
  const parts: Buffer[] = [];
  let bytes = 0;
  /** Before the end of the stream clamd speaks only to refuse it, and closes. */
  const replied = new Promise<string>((resolve, reject) => {
    socket.setTimeout(idleMs, () => socket.destroy(new Error('clamd does not answer')));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      parts.push(chunk);
      bytes += chunk.length;
      if (chunk.includes(0) || bytes > MAX_REPLY_BYTES) resolve(text());
    });
    socket.on('close', () => (bytes > 0 ? resolve(text()) : reject(new Error('clamd has closed the connection'))));
  });
  // Whoever waits for it sees the failure.
  replied.catch(() => undefined);
  const text = () => Buffer.concat(parts).toString('latin1').replace(/\0.*$/s, '').trim();

  async function reply(): Promise<string> {
    try {
      return await replied;
    } catch (error) {
      throw unavailable(error);
    }
  }

  return {
    reply,
    async write(content: Buffer): Promise<void> {
      if (bytes === 0 && !socket.destroyed) {
        if (socket.write(content)) return;
        await Promise.race([
          once(socket, 'drain').catch(() => undefined),
          once(socket, 'close'),
          replied.catch(() => undefined),
        ]);
        if (bytes === 0 && !socket.destroyed) return;
      }
      judge(await reply());
      throw unavailable(new Error('clamd has judged a stream that had not ended'));
    },
    end: () => void socket.destroy(),
  };
}
