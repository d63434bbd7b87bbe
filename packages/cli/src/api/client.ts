import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { problemOf } from './problem.ts';

interface ApiRequest {
  readonly body?: JsonObject;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Statuses beside 2xx that are an answer and no problem. */
  readonly alsoAccept?: readonly number[];
}

interface ApiAnswer {
  readonly status: number;
  /** Empty where there was no body. */
  readonly body: JsonObject;
}

/** Calls of one suite. Throws ApiProblem for what it refuses, Failure when it cannot be reached or understood. */
export interface ApiClient {
  readonly url: string;
  get(path: string, request?: ApiRequest): Promise<ApiAnswer>;
  post(path: string, request?: ApiRequest): Promise<ApiAnswer>;
  put(path: string, request?: ApiRequest): Promise<ApiAnswer>;
  /** The same suite with an access token in every request. */
  withToken(accessToken: string): ApiClient;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function createApiClient(url: string, { fetch }: Pick<Context, 'fetch'>, accessToken?: string): ApiClient {
  async function call(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const { body, query = {}, alsoAccept = [] } = request;
    const parameters = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
    const init: RequestInit = {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const { response, text } = await reach(url, async () => {
      const response = await fetch(`${url}${path}${search}`, init);
      return { response, text: await boundedText(response) };
    });
    const json = parsed(text);
    if (!response.ok && !alsoAccept.includes(response.status)) throw problemOf(response, json);
    if (text === '') return { status: response.status, body: {} };
    if (!isJsonObject(json)) throw new Failure(`${url} answered something that is not Gaia's (${response.status})`);
    return { status: response.status, body: json };
  }

  return {
    url,
    get: (path, request) => call('GET', path, request),
    post: (path, request) => call('POST', path, request),
    put: (path, request) => call('PUT', path, request),
    withToken: (token) => createApiClient(url, { fetch }, token),
  };
}

async function reach<T>(url: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${url} cannot be reached: ${reasonOf(error)}`, [
      'Is the suite running (gaia up), and is this its URL? Give another with --url.',
    ]);
  }
}

/** What fetch hides in `cause`; never a header or a body. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const cause: unknown = error.cause;
  if (cause instanceof Error) return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return error.message;
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Failure(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
