import { type Fetch, fetchJson } from '@gaia/http-client/bounded-fetch';
import type { OpenApiDocument } from '@gaia/http-service/openapi/document';
import type { ProxyRoute } from '../proxy/route-table.ts';
import { type UpstreamName, type UpstreamUrls, upstreamNames } from '../upstreams/pools.ts';
import { MAX_JSON_BYTES } from '../upstreams/service-fetch.ts';
import { addGatewayPart } from './gateway-part.ts';
import { mergeDocuments, type Part } from './merge.ts';

export interface SuiteDocumentOptions {
  readonly fetch: Fetch;
  readonly now: () => number;
  readonly urls: UpstreamUrls;
  /** The gateway's own document. */
  readonly own: () => OpenApiDocument;
  /** By which route the gateway proxies a path. */
  readonly publicRoute: (upstream: UpstreamName, path: string) => ProxyRoute | undefined;
}

const COMPLETE_MS = 60_000;
/** A service that is away now may be back soon. */
const INCOMPLETE_MS = 5_000;
const TIMEOUT_MS = 10_000;

const description =
  'The whole suite behind one address. Clients send `Authorization: Bearer <access token>` (from `POST /auth/login`); ' +
  'browsers sign in with `POST /session` and send `x-csrf-token` with requests that change something.';

/** The OpenAPI document of the whole suite, fetched from the services when it is asked for and kept for a minute. */
export function createSuiteDocument(options: SuiteDocumentOptions): () => Promise<Record<string, unknown>> {
  let kept: { document: Record<string, unknown>; until: number } | undefined;
  let underWay: Promise<Record<string, unknown>> | undefined;

  async function fetchOne(name: UpstreamName): Promise<Part | undefined> {
    try {
      const url = `${options.urls[name]}/openapi.json`;
      const { status, body } = await fetchJson(url, {
        fetch: options.fetch,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_JSON_BYTES,
      });
      if (status !== 200 || typeof body !== 'object' || body === null) return undefined;
      return { name, document: body as OpenApiDocument };
    } catch {
      return undefined;
    }
  }

  async function make(): Promise<Record<string, unknown>> {
    const fetched = await Promise.all(upstreamNames.map(fetchOne));
    const missing = upstreamNames.filter((_, index) => fetched[index] === undefined);
    const parts = [{ name: 'gateway', document: options.own() }, ...fetched.filter((part) => part !== undefined)];
    const document = mergeDocuments(parts, {
      title: 'Gaia',
      description,
      version: '0.1.0',
      missing,
      isPublic: (part, path) => part === 'gateway' || options.publicRoute(part as UpstreamName, path) !== undefined,
      complete: (part, path, method, operation) =>
        addGatewayPart(operation, method, options.publicRoute(part as UpstreamName, path)),
    });
    kept = { document, until: options.now() + (missing.length === 0 ? COMPLETE_MS : INCOMPLETE_MS) };
    return document;
  }

  return async () => {
    if (kept !== undefined && options.now() < kept.until) return kept.document;
    underWay ??= make().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
