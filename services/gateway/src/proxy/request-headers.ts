import { problem } from '../errors.ts';

/** Most header lines of a request. */
const MAX_HEADERS = 128;

/** RFC 9110 §7.6.1 and its predecessors: meant for one connection, never passed on. */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Never passed on: what the gateway sets itself, what claims an identity or an origin, what redirects a service. */
const droppedHeaders: ReadonlySet<string> = new Set([
  'host',
  'expect',
  'cookie',
  'cookie2',
  'authorization',
  'x-csrf-token',
  'x-request-id',
  'traceparent',
  'tracestate',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-remote-ip',
  'x-remote-addr',
  'x-remote-user',
  'remote-user',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'proxy',
]);
const droppedPrefixes = ['x-forwarded-', 'x-gaia-', 'x-original-forwarded-', 'x-auth-request-'];

/** Two of these would let gateway and service each believe another one. */
const singleHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'content-type',
  'content-length',
  'content-encoding',
  'origin',
  'range',
  'sec-fetch-site',
  'traceparent',
  'x-csrf-token',
]);

/** A Connection header that names one of these asks to lose what framing, routing or authentication rest on. */
const keptHeaders: ReadonlySet<string> = new Set([
  ...singleHeaders,
  'cookie',
  'accept',
  'if-match',
  'if-none-match',
  'cache-control',
  'x-request-id',
]);

export interface InboundHeaders {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** Names and values in turns, fit to be sent on. */
  readonly passed: string[];
}

/**
 * Sorts the headers of a request (Node's raw list: name, value, name, …) into those that go on and those that stay.
 * Refuses: too_many_headers, duplicate_header, connection_header_refused.
 */
export function sortRequestHeaders(rawHeaders: readonly string[]): InboundHeaders {
  if (rawHeaders.length > 2 * MAX_HEADERS) throw problem('too_many_headers');
  const seen: string[] = [];
  const passed: string[] = [];
  let authorization: string | undefined;
  let cookie: string | undefined;
  let named: Set<string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    const value = rawHeaders[index + 1] as string;
    if (singleHeaders.has(name)) {
      if (seen.includes(name)) throw problem('duplicate_header', { detail: `${name} is there more than once.` });
      seen.push(name);
      if (name === 'authorization') authorization = value;
    } else if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else if (name === 'connection') named = connectionOptions(value, named);
    if (!isDropped(name)) passed.push(name, value);
  }
  if (named === undefined) return { authorization, cookie, passed };
  for (const name of named) if (keptHeaders.has(name)) throw problem('connection_header_refused');
  return { authorization, cookie, passed: without(passed, named) };
}

/** The header names in a Connection header, its options `close` and `keep-alive` left out; undefined for none. */
export function connectionOptions(value: string, into?: Set<string>): Set<string> | undefined {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return into;
  const names = into ?? new Set<string>();
  for (const word of lower.split(',')) {
    const name = word.trim();
    if (name !== '' && name !== 'keep-alive' && name !== 'close') names.add(name);
  }
  return names.size > 0 ? names : into;
}

function isDropped(name: string): boolean {
  if (droppedHeaders.has(name) || hopByHopHeaders.has(name)) return true;
  if (name.startsWith('x-') && droppedPrefixes.some((prefix) => name.startsWith(prefix))) return true;
  // CGI-like servers read `X_Forwarded_For` and `X-Forwarded-For` as the same variable.
  return name.includes('_') && isDropped(name.replaceAll('_', '-'));
}

function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!names.has(name)) kept.push(name, headers[index + 1] as string);
  }
  return kept;
}
