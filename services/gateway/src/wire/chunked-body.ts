import { BrokenAnswer } from './answer-head.ts';

/** Takes a chunked body apart as it comes (RFC 9112 §7.1). */
export interface ChunkedBody {
  /**
   * Reads `bytes` from `from` and tells `onData` of what is content; gives where the body has ended in them, or -1 if
   * it has not. Throws BrokenAnswer.
   */
  read(bytes: Buffer, from: number, onData: (start: number, end: number) => void): number;
}

const sizeLine = /^([0-9a-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/i;
const trailerLine = /^[!#$%&'*+\-.^_`|~\w]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Longest size line with its extensions, and longest trailer section, in bytes. */
const MAX_LINE = 512;
const MAX_TRAILERS = 8_192;

const CR = 0x0d;
const LF = 0x0a;

export function createChunkedBody(): ChunkedBody {
  let state: 'size' | 'data' | 'data-end' | 'trailers' = 'size';
  let line = '';
  let left = 0;
  let trailers = 0;

  /** Where the line has ended in `bytes`, after its CRLF, or -1; the line is then in `line`. */
  function takeLine(bytes: Buffer, from: number): number {
    const lf = bytes.indexOf(LF, from);
    line += bytes.toString('latin1', from, lf < 0 ? bytes.length : lf);
    if (line.length > MAX_LINE + 1) throw new BrokenAnswer('line within a chunked body');
    if (lf < 0) return -1;
    if (line.charCodeAt(line.length - 1) !== CR) throw new BrokenAnswer('line end within a chunked body');
    line = line.slice(0, -1);
    return lf + 1;
  }

  return {
    read(bytes, from, onData) {
      let at = from;
      while (at < bytes.length) {
        if (state === 'data') {
          const end = Math.min(bytes.length, at + left);
          left -= end - at;
          onData(at, end);
          at = end;
          if (left === 0) state = 'data-end';
          continue;
        }
        at = takeLine(bytes, at);
        if (at < 0) return -1;
        if (state === 'data-end') {
          if (line !== '') throw new BrokenAnswer('chunk longer than it says');
          state = 'size';
        } else if (state === 'size') {
          const size = sizeLine.exec(line)?.[1];
          if (size === undefined) throw new BrokenAnswer('chunk size');
          left = Number.parseInt(size, 16);
          state = left === 0 ? 'trailers' : 'data';
        } else {
          if (line === '') return at;
          trailers += line.length;
          if (trailers > MAX_TRAILERS || !trailerLine.test(line)) throw new BrokenAnswer('trailers');
        }
        line = '';
      }
      return -1;
    },
  };
}
