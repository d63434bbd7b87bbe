/** Names and values of headers. */
type Headers = Readonly<Record<string, string>>;

/** Programs in pages may use these; `OPTIONS` itself is never asked for. */
const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/**
 * Headers that a page of an allowed origin may send. No `*`, which leaves Authorization out (Fetch §4.9). No `x-csrf-token`: it
 * belongs to cookies, and cookies to the site's own pages.
 */
const requestHeaders = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'idempotency-key',
  'last-event-id',
  'traceparent',
  'tracestate',
  'x-request-id',
  // Uploads that go on (tus 1.0.0).
  'tus-resumable',
  'upload-length',
  'upload-metadata',
  'upload-offset',
].join(', ');

/** What pages may read of an answer, beside what Fetch §3.2.6 always lets them read. */
const exposedHeaders = [
  'date',
  'etag',
  'location',
  'link',
  'gaia-seq',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
  'accept-ranges',
  'content-range',
  'content-disposition',
  'content-location',
  'tus-resumable',
  'tus-version',
  'tus-extension',
  'tus-max-size',
  'upload-expires',
  'upload-length',
  'upload-metadata',
  'upload-offset',
].join(', ');

/**
 * How long browsers may go by the answer to a preflight, in seconds. An origin that is taken away reads nothing from then
 * on all the same: every answer says anew who may.
 */
const PREFLIGHT_SECONDS = 3_600;

/**
 * Headers that let pages of a registered origin read an answer. Never `Access-Control-Allow-Credentials`: a page of
 * another origin is a client with a bearer token, so that no page of it can use a visitor's session.
 */
export function responseHeaders(origin: string): Headers {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': exposedHeaders };
}

/** Headers of the answer to the preflight of a registered origin (Fetch §4.8). */
export function preflightHeaders(origin: string): Headers {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': requestHeaders,
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}

/** Whether a site has registered an origin: the same text, and never `null`, the origin of any sandboxed frame. */
export function isRegistered(origin: string, registered: readonly string[]): boolean {
  return origin !== 'null' && registered.includes(origin);
}
