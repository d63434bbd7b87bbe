import { GaiaError, problemOf } from '../error.ts';
import type { Fetch, Runtime } from '../runtime.ts';
import type { Address } from './address.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { type QueryValue, queryText } from './query.ts';

export interface CallOptions {
  /** Gives the call up, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, repetitions included; 30 seconds unless given. */
  readonly timeoutMs?: number | undefined;
}

export interface HttpRequest extends CallOptions {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, instead of `json`. */
  readonly body?: RequestInit['body'];
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** Sent without credentials: the proof of who asks is in the request itself. */
  readonly anonymous?: boolean;
  /** Sends it in another way. */
  readonly transport?: (base: Fetch) => Fetch;
  /** Whether it may be sent again when it is not known what became of it; as GET and HEAD may unless said otherwise. */
  readonly repeatable?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown;
}

/** What proves who a request is from. */
export interface Credentials {
  /** Headers to send. */
  headers(method: string, deadline: Deadline): Promise<Readonly<Record<string, string>>>;
  /** Told of a refusal and of the headers that were sent; whether the request is to be sent again, with other headers. */
  refused(error: GaiaError, sent: Readonly<Record<string, string>>, deadline: Deadline): Promise<boolean>;
  /** Headers of every request, of anonymous ones too. */
  always?(): Readonly<Record<string, string>>;
  /** Sees every response. */
  received?(headers: Headers): void;
  /** Whether the browser adds its cookies. */
  readonly cookies: 'omit' | 'same-origin';
}

export interface Http {
  /** One call. Throws GaiaError, or the reason of the signal. */
  call(method: string, path: string, request?: HttpRequest): Promise<HttpResponse>;
}

export interface HttpOptions {
  readonly runtime: Runtime;
  readonly address: Address;
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Other credentials that one call may be sent with: those that another tab has, and those of a refresh. */
const MAX_AUTHENTICATIONS = 2;
/** Further repetitions of one call. */
const MAX_REPETITIONS = 3;
const FIRST_PAUSE_MS = 250;
const unavailable = new Set([429, 502, 503, 504]);

export function createHttp(
  { runtime, address, timeoutMs, headers: always }: HttpOptions,
  credentials: Credentials,
): Http {
  async function attempt(
    method: string,
    path: string,
    request: HttpRequest,
    sent: Readonly<Record<string, string>>,
    deadline: Deadline,
  ) {
    const { json, body, query } = request;
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json',
      ...(address.host !== undefined && { host: address.host }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...always,
      ...credentials.always?.(),
      ...sent,
    };
    for (const [name, value] of Object.entries(request.headers ?? {})) if (value !== undefined) headers[name] = value;
    const payload = json === undefined ? body : JSON.stringify(json);
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers,
      redirect: 'manual',
      credentials: credentials.cookies,
      signal: deadline.signal,
      ...(payload !== undefined && { body: payload }),
      ...(isStream(payload) && { duplex: 'half' }),
    };
    const url = address.base + path + queryText(query ?? {});
    let response: Response;
    let text: string;
    try {
      const send = request.transport?.(runtime.fetch) ?? runtime.fetch;
      response = await deadline.race(send(url, init));
      text = await deadline.race(response.text());
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw new GaiaError('network_error', 'The server cannot be reached', { cause: error });
    }
    credentials.received?.(response.headers);
    const parsed = parse(text);
    if (!response.ok) throw problemOf(response, parsed);
    if (text !== '' && parsed === undefined) {
      throw new GaiaError('unexpected_response', 'The response is not JSON', { status: response.status });
    }
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** How long to wait before the call is sent again; undefined where it must not be. */
  function pauseBefore(
    error: unknown,
    repetition: number,
    isRepeatable: boolean,
    deadline: Deadline,
  ): number | undefined {
    if (!isRepeatable || repetition > MAX_REPETITIONS || !(error instanceof GaiaError)) return undefined;
    if (error.code !== 'network_error' && !unavailable.has(error.status)) return undefined;
    const backoff = FIRST_PAUSE_MS * 2 ** (repetition - 1) * (0.5 + runtime.random() / 2);
    const pause = Math.max(backoff, (error.retryAfter ?? 0) * 1_000);
    return pause < deadline.remaining() ? pause : undefined;
  }

  return {
    async call(method, path, request = {}) {
      const deadline = createDeadline(runtime, request.timeoutMs ?? timeoutMs, request.signal);
      const canRepeatBody = !isStream(request.body);
      const isRepeatable = (request.repeatable ?? (method === 'GET' || method === 'HEAD')) && canRepeatBody;
      let authentications = request.anonymous === true ? MAX_AUTHENTICATIONS : 0;
      let repetition = 0;
      try {
        for (;;) {
          const sent = request.anonymous ? {} : await deadline.race(credentials.headers(method, deadline));
          try {
            return await attempt(method, path, request, sent, deadline);
          } catch (error) {
            if (authentications < MAX_AUTHENTICATIONS && isOfCredentials(error)) {
              authentications += 1;
              if ((await deadline.race(credentials.refused(error, sent, deadline))) && canRepeatBody) continue;
            }
            repetition += 1;
            const pause = pauseBefore(error, repetition, isRepeatable, deadline);
            if (pause === undefined) throw error;
            await deadline.sleep(pause);
          }
        }
      } finally {
        deadline.done();
      }
    },
  };
}

/** Whether a refusal can be one of who asks. */
function isOfCredentials(error: unknown): error is GaiaError {
  return error instanceof GaiaError && (error.status === 401 || error.status === 403);
}

/** Whether a body is used up by sending it. */
function isStream(body: unknown): boolean {
  return typeof ReadableStream !== 'undefined' && body instanceof ReadableStream;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
