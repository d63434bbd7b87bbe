import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
import { Problem, problem } from '@gaia/http-service/problem';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import { isUuid } from '../values/uuid.ts';
import type { CallContext } from './call-context.ts';

export interface SearchRequest {
  readonly site: string;
  readonly q: string;
  readonly type?: string | null;
  readonly limit?: number | null;
  readonly cursor?: string | null;
}

/** Calls assets and search with the token of the caller, so the result has only what the caller may see. */
export interface ServiceClients {
  /** Metadata of files of a site; an Error (a Problem) for files whose request failed. */
  assets(site: string, ids: readonly string[], context: CallContext): Promise<ReadonlyMap<string, JsonObject | Error>>;
  /** Throws a Problem: `search_unavailable`, or the problem of search. */
  search(request: SearchRequest, context: CallContext): Promise<JsonObject>;
}

export interface ServiceClientsOptions {
  readonly assetsUrl: string;
  readonly searchUrl: string;
  readonly fetch: Fetch;
  /** Deadline of all calls of one request to a service. */
  readonly deadlineMs?: number;
}

/** The limit of assets. */
const FILES_OF_CALL = 100;
const CALLS_AT_ONCE = 4;
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

export function createServiceClients({
  assetsUrl,
  searchUrl,
  fetch,
  deadlineMs = 2_000,
}: ServiceClientsOptions): ServiceClients {
  async function get(service: 'assets' | 'search', url: string, context: CallContext, signal: AbortSignal) {
    const { status, body } = await fetchJson(url, {
      fetch,
      headers: headersOf(context),
      signal,
      timeoutMs: deadlineMs,
      maxBytes: MAX_RESPONSE_BYTES,
    }).catch((error: unknown) => {
      throw unavailable(service, error);
    });
    if (!isJsonObject(body) || status >= 500) throw unavailable(service);
    if (status !== 200) {
      const { code, title } = body;
      if (typeof code !== 'string' || typeof title !== 'string') throw unavailable(service);
      throw new Problem(code.slice(0, 100), { status, title: title.slice(0, 200) });
    }
    return body;
  }

  return {
    assets: async (site, ids, context) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const found = new Map<string, JsonObject | Error>();
      // Ids of files are UUIDs.
      const left = ids.filter((id) => isUuid(id) && id === id.toLowerCase());
      const work = async () => {
        for (let some = left.splice(0, FILES_OF_CALL); some.length > 0; some = left.splice(0, FILES_OF_CALL)) {
          const url = `${assetsUrl}/assets/sites/${site}/metadata?ids=${some.join(',')}`;
          const response = await get('assets', url, context, signal).catch((error: Error) => error);
          if (response instanceof Error) for (const id of some) found.set(id, response);
          else for (const file of filesOf(response)) found.set(file.id, file);
        }
      };
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
      return found;
    },
    search: async (request, context) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(request)) {
        if (value !== undefined && value !== null) query.set(name, String(value));
      }
      return get('search', `${searchUrl}/search?${query}`, context, AbortSignal.timeout(deadlineMs));
    },
  };
}

function unavailable(service: 'assets' | 'search', cause?: unknown): Problem {
  return problem(`${service}_unavailable`, { headers: { 'retry-after': '1' }, cause });
}

function filesOf({ items }: JsonObject): readonly (JsonObject & { readonly id: string })[] {
  if (!Array.isArray(items)) throw unavailable('assets');
  return items.filter((item) => isJsonObject(item) && typeof item.id === 'string');
}

function headersOf({ authorization, requestId, traceparent }: CallContext): Record<string, string> {
  return {
    'x-request-id': requestId,
    ...(authorization !== undefined && { authorization }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
