import { FetchError, reasonOf } from './fetch-error.ts';

/** What is needed of a `fetch`: undici's, Node's and a browser's all have it. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly redirect?: 'error' | 'manual';
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly redirected: boolean;
  readonly headers: ResponseHeaders;
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface ResponseHeaders {
  get(name: string): string | null;
}

export interface BoundedRequest extends Omit<FetchInit, 'redirect'> {
  readonly fetch: Fetch;
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number;
  /** Of the response's body. */
  readonly maxBytes: number;
  /** `manual` gives a redirect as the response that it is; without it a redirect is `unreachable`. */
  readonly redirect?: 'manual';
}

export interface TextResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly text: string;
}

export interface JsonResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Undefined where there is no body, and where an error's body is not JSON. */
  readonly body: unknown;
}

/**
 * One request, bounded in time and size. A redirect is never followed: the token that goes along is for this service alone.
 * Throws FetchError (`timeout`, `unreachable`, `too_large`), and the reason of `signal` when that ends it.
 */
export async function fetchText(url: string, request: BoundedRequest): Promise<TextResponse> {
  const { fetch, timeoutMs, maxBytes, signal, ...init } = request;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      redirect: 'error',
      ...init,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    if (response.redirected) throw new FetchError('unreachable', 'a redirect was followed');
    return { status: response.status, headers: response.headers, text: await boundedText(response, maxBytes) };
  } catch (error) {
    if (error instanceof FetchError) throw error;
    signal?.throwIfAborted();
    if (deadline.aborted) throw new FetchError('timeout', `no response within ${timeoutMs} ms`, error);
    throw new FetchError('unreachable', reasonOf(error), error);
  }
}

/** Like `fetchText`, and reads JSON. Throws FetchError (`not_json`) as well, for a 2xx response that is something else. */
export async function fetchJson(url: string, request: BoundedRequest): Promise<JsonResponse> {
  const { status, headers, text } = await fetchText(url, {
    ...request,
    headers: { accept: 'application/json', ...request.headers },
  });
  return { status, headers, body: text === '' ? undefined : parsed(text, status) };
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's error, which quotes the text: it could hold a token.
    if (status >= 200 && status < 300) throw new FetchError('not_json', 'the response is not JSON');
    return undefined;
  }
}

async function boundedText({ body }: FetchResponse, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new FetchError('too_large', `the response is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
