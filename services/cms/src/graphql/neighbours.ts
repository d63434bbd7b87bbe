import { Problem } from '@gaia/http-service/problem';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';

/** What goes along with every call: who asks, and as a part of what. */
export interface CallContext {
  /** The caller's own `Authorization` header. */
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

export interface SearchRequest {
  readonly site: string;
  readonly q: string;
  readonly type?: string | null;
  readonly limit?: number | null;
  readonly cursor?: string | null;
}

/** The services beside this one, asked in the caller's name. What they do not show to the caller is undefined. */
export interface Neighbours {
  assets(ids: readonly string[], context: CallContext): Promise<ReadonlyMap<string, JsonObject | Error>>;
  /** Throws a Problem: `search_unavailable`, or what search refuses with. */
  search(request: SearchRequest, context: CallContext): Promise<JsonObject>;
}

export interface NeighboursOptions {
  readonly assetsUrl: string;
  readonly searchUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** Longest wait for one batch, in milliseconds. */
  readonly deadlineMs?: number;
}

/** Files asked for at a time. */
const AT_ONCE = 8;
const MAX_ANSWER = 4 * 1024 * 1024;

export function createNeighbours({ assetsUrl, searchUrl, fetch, deadlineMs = 2_000 }: NeighboursOptions): Neighbours {
  async function get(service: 'assets' | 'search', url: string, context: CallContext, signal: AbortSignal) {
    const unavailable = (cause: unknown) =>
      new Problem(`${service}_unavailable`, { status: 503, title: `The service ${service} does not answer`, cause });
    let status: number;
    let body: unknown;
    try {
      const answer = await fetch(url, { headers: headersOf(context), signal, redirect: 'error' });
      status = answer.status;
      const text = await answer.text();
      body = text.length <= MAX_ANSWER ? JSON.parse(text) : undefined;
    } catch (error) {
      throw unavailable(error);
    }
    if (!isJsonObject(body) || status >= 500) throw unavailable(undefined);
    if (status === 404) return undefined;
    if (status !== 200) {
      const code = typeof body.code === 'string' ? body.code.slice(0, 100) : `${service}_refused`;
      throw new Problem(code, { status, title: `The service ${service} refuses this` });
    }
    return body;
  }

  return {
    assets: async (ids, context) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const found = new Map<string, JsonObject | Error>();
      const left = [...ids];
      const work = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift()) {
          const url = `${assetsUrl}/assets/${encodeURIComponent(id)}/metadata`;
          const asset = await get('assets', url, context, signal).catch((error: Error) => error);
          if (asset !== undefined) found.set(id, asset);
        }
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, work));
      return found;
    },
    search: async (request, context) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(request)) {
        if (value !== undefined && value !== null) query.set(name, String(value));
      }
      const found = await get('search', `${searchUrl}/search?${query}`, context, AbortSignal.timeout(deadlineMs));
      return found ?? { items: [], total: 0, next_cursor: null };
    },
  };
}

function headersOf({ authorization, requestId, traceparent }: CallContext): Record<string, string> {
  return {
    accept: 'application/json',
    'x-request-id': requestId,
    ...(authorization !== undefined && { authorization }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
