import { fetchText } from '@gaia/http-client/bounded-fetch';
import { FetchError } from '@gaia/http-client/fetch-error';
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
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

export function createApiClient(url: string, { fetch }: Pick<Context, 'fetch'>, accessToken?: string): ApiClient {
  async function call(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const { body, query = {}, alsoAccept = [] } = request;
    const parameters = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
    const response = await fetchText(`${url}${path}${search}`, {
      fetch,
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_RESPONSE_BYTES,
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw error instanceof FetchError ? unreachable(url, error) : error;
    });
    const { status, text } = response;
    const json = parsed(text);
    if ((status < 200 || status > 299) && !alsoAccept.includes(status)) throw problemOf(response, json);
    if (text === '') return { status, body: {} };
    if (!isJsonObject(json)) throw new Failure(`${url} answered something that is not Gaia's (${status})`);
    return { status, body: json };
  }

  return {
    url,
    get: (path, request) => call('GET', path, request),
    post: (path, request) => call('POST', path, request),
    put: (path, request) => call('PUT', path, request),
    withToken: (token) => createApiClient(url, { fetch }, token),
  };
}

function unreachable(url: string, { code, message }: FetchError): Failure {
  if (code === 'too_large') return new Failure(`${url}: ${message}`);
  return new Failure(`${url} cannot be reached: ${message}`, [
    'Is the suite running (gaia up), and is this its URL? Give another with --url.',
  ]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
