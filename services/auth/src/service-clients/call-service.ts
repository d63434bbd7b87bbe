import { problem } from '../errors.ts';

/** The services beside this one that it asks for something. */
export type ServiceName = 'cms' | 'assets';

export interface ServiceRequest {
  readonly method: 'GET' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly accessToken: string;
  readonly requestId?: string | undefined;
}

/** Asks one service; gives the JSON object that it answers, an empty one for no content. Throws `<service>_unavailable`. */
export type CallService = (service: ServiceName, request: ServiceRequest) => Promise<Readonly<Record<string, unknown>>>;

export interface CallServiceOptions {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly fetch: typeof globalThis.fetch;
  /** Longest wait for an answer, its body included, in milliseconds. */
  readonly timeoutMs?: number;
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export function createCallService({ urls, fetch, timeoutMs = 15_000 }: CallServiceOptions): CallService {
  return async (service, { method, path, accessToken, requestId }) => {
    const unavailable = (cause: unknown) =>
      problem(`${service}_unavailable`, { headers: { 'retry-after': '5' }, cause });
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(`${urls[service]}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${accessToken}`,
          ...(requestId !== undefined && { 'x-request-id': requestId }),
        },
      });
      const text = await boundedText(response);
      body = text === '' ? {} : JSON.parse(text);
    } catch (cause) {
      throw unavailable(cause);
    }
    if (!response.ok) throw unavailable(new Error(`${service} answered ${response.status}`));
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw unavailable(new Error(`${service} answered something else than an object`));
    }
    return body as Readonly<Record<string, unknown>>;
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
