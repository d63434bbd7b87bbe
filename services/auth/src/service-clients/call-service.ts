import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
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

/** Asks one service; gives the JSON object of its response, an empty one for no content. Throws `<service>_unavailable`. */
export type CallService = (service: ServiceName, request: ServiceRequest) => Promise<Readonly<Record<string, unknown>>>;

export interface CallServiceOptions {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly fetch: Fetch;
  /** Longest wait for a response, its body included, in milliseconds. */
  readonly timeoutMs?: number;
}

const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

export function createCallService({ urls, fetch, timeoutMs = 15_000 }: CallServiceOptions): CallService {
  return async (service, { method, path, accessToken, requestId }) => {
    try {
      const { status, body = {} } = await fetchJson(`${urls[service]}${path}`, {
        fetch,
        method,
        timeoutMs,
        maxBytes: MAX_RESPONSE_BYTES,
        headers: {
          authorization: `Bearer ${accessToken}`,
          ...(requestId !== undefined && { 'x-request-id': requestId }),
        },
      });
      if (status < 200 || status >= 300) throw new Error(`${service} answered ${status}`);
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw new Error(`the response of ${service} is not an object`);
      }
      return body as Readonly<Record<string, unknown>>;
    } catch (cause) {
      throw problem(`${service}_unavailable`, { headers: { 'retry-after': '5' }, cause });
    }
  };
}
