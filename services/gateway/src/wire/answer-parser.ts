import { type AnswerHead, BrokenAnswer, readHead } from './answer-head.ts';
import { type ChunkedBody, createChunkedBody } from './chunked-body.ts';
import type { AnswerReader } from './exchange.ts';

/** Largest head of an answer in bytes. */
const MAX_HEAD = 32_768;

/** Reads one answer from the bytes of a connection. */
export interface AnswerParser {
  /**
   * Takes bytes, which may be overwritten afterwards. True when the answer is whole. Throws BrokenAnswer.
   */
  take(bytes: Buffer): boolean;
  /** The connection has ended. True when the answer is whole by that. */
  end(): boolean;
  /** Whether the connection may be used again: not where bytes were left behind the answer, for then the two sides no
   * longer agree where answers begin. */
  isReusable(): boolean;
  /** Whether an answer that was no refusal said that the connection ends with it. */
  isFarewell(): boolean;
}

export function createAnswerParser(method: string, reader: Pick<AnswerReader, 'onHead' | 'onData'>): AnswerParser {
  let text = '';
  let head: AnswerHead | undefined;
  let left = 0;
  let chunks: ChunkedBody | undefined;
  let rest = false;

  /** The head from these bytes on; gives where it ends, or -1. */
  function takeHead(bytes: Buffer, from: number): number {
    const before = text.length;
    text += bytes.toString('latin1', from);
    const end = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if ((end < 0 ? text.length : end) > MAX_HEAD) throw new BrokenAnswer('too large a head');
    if (end < 0) return -1;
    head = readHead(text.slice(0, end), method);
    text = '';
    return from + end + 4 - before;
  }

  /** Where the answer ends in these bytes, or -1. */
  function takeBody({ framing }: AnswerHead, bytes: Buffer, from: number): number {
    if (framing.kind === 'none') return from;
    if (framing.kind === 'chunked') {
      chunks ??= createChunkedBody();
      return chunks.read(bytes, from, (start, end) => reader.onData(Buffer.from(bytes.subarray(start, end))));
    }
    const end = framing.kind === 'close' ? bytes.length : Math.min(bytes.length, from + left);
    if (end > from) reader.onData(Buffer.from(bytes.subarray(from, end)));
    if (framing.kind === 'close') return -1;
    left -= end - from;
    return left === 0 ? end : -1;
  }

  return {
    take(bytes) {
      let at = 0;
      while (head === undefined) {
        at = takeHead(bytes, at);
        if (at < 0 || head === undefined) return false;
        const { status, headers, framing } = head as AnswerHead;
        if (status === 101) throw new BrokenAnswer('an upgrade that nobody asked for');
        if (status < 200) {
          head = undefined;
          if (at === bytes.length) return false;
          continue;
        }
        if (framing.kind === 'length') left = framing.length;
        reader.onHead(status, headers);
      }
      const end = takeBody(head, bytes, at);
      if (end < 0) return false;
      rest = end < bytes.length;
      return true;
    },
    end: () => head?.framing.kind === 'close',
    isReusable: () => head?.persistent === true && head.framing.kind !== 'close' && !rest,
    isFarewell: () => head !== undefined && !head.persistent && head.status < 400,
  };
}
