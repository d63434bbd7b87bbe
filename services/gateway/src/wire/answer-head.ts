/** How the body of an answer ends (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'close' }
  | { readonly kind: 'length'; readonly length: number };

export interface AnswerHead {
  readonly status: number;
  /** Names (lower case) and values in turns. */
  readonly headers: string[];
  readonly framing: Framing;
  /** Whether the connection may be used again. */
  readonly persistent: boolean;
}

/** What came is not an answer that could be passed on safely. */
export class BrokenAnswer extends Error {
  readonly code = 'GAIA_BROKEN_ANSWER';
  constructor(what: string) {
    super(`the service's answer is broken: ${what}`);
    this.name = 'BrokenAnswer';
  }
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** RFC 9110 §5.6.2. */
const fieldName = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** RFC 9110 §5.5: all but this may stand in a value. */
const notOfValue = /[^\t\x20-\x7e\x80-\xff]/;
const contentLength = /^\d{1,15}$/;

const none: Framing = Object.freeze({ kind: 'none' });
const chunked: Framing = Object.freeze({ kind: 'chunked' });
const close: Framing = Object.freeze({ kind: 'close' });

/**
 * Reads the head of an answer to a request of `method`: the text before the empty line, as ISO-8859-1. Lenient in
 * nothing: whatever two readers could understand in two ways is refused with BrokenAnswer (RFC 9112 §11.1, §11.2).
 */
export function readHead(text: string, method: string): AnswerHead {
  let end = text.indexOf('\r\n');
  const match = statusLine.exec(end < 0 ? text : text.slice(0, end));
  if (match === null) throw new BrokenAnswer('status line');
  const status = Number(match[2]);
  const headers: string[] = [];
  let persistent = match[1] === '1';
  let length: string | undefined;
  let coding: string | undefined;
  while (end >= 0) {
    const from = end + 2;
    end = text.indexOf('\r\n', from);
    const line = end < 0 ? text.slice(from) : text.slice(from, end);
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!fieldName.test(name) || notOfValue.test(line)) throw new BrokenAnswer('header line');
    const value = withoutSpace(line, colon + 1);
    headers.push(name, value);
    if (name === 'content-length') {
      if (length !== undefined || !contentLength.test(value)) throw new BrokenAnswer('Content-Length');
      length = value;
    } else if (name === 'transfer-encoding') {
      if (coding !== undefined || value.toLowerCase() !== 'chunked') throw new BrokenAnswer('Transfer-Encoding');
      coding = value;
    } else if (name === 'connection' && /(?:^|[,\s])close(?:[,\s]|$)/i.test(value)) persistent = false;
  }
  if (coding !== undefined && length !== undefined) throw new BrokenAnswer('two lengths');
  if (method === 'HEAD' || status === 204 || status === 304) return { status, headers, framing: none, persistent };
  if (coding !== undefined) return { status, headers, framing: chunked, persistent };
  if (length === undefined) return { status, headers, framing: status < 200 ? none : close, persistent };
  return { status, headers, framing: length === '0' ? none : { kind: 'length', length: Number(length) }, persistent };
}

/** Optional white space around a value is spaces and tabs (RFC 9110 §5.6.3); other bytes are the value's. */
function withoutSpace(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start += 1;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
