import type { FastifyRequest } from 'fastify';
import { isSafeMethod } from '../csrf/safe-methods.ts';
import { readReturnPath } from '../sso/return-path.ts';

/** What the proxy in front was asked for, as far as it says. */
export interface OriginalRequest {
  /** Undefined where the proxy does not say: it is then judged as one that changes something. */
  readonly method: string | undefined;
  /** Where a browser can come back to; undefined for what no browser should be led to. */
  readonly returnPath: string;
  readonly isUpgrade: boolean;
  readonly isPreflight: boolean;
  /** A page that a person opens, and not what a page's script asks for. */
  readonly isNavigation: boolean;
  /** The proxy passes a redirect on to the browser; nginx's auth_request does not. */
  readonly passesRedirects: boolean;
}

const PATH = '/forward-auth';

/**
 * Reads the question of a proxy: nginx says method and path in X-Original-*, Traefik and Caddy in X-Forwarded-*, Envoy
 * asks with the method itself, below its path prefix.
 */
export function originalRequest({ headers, method, url }: FastifyRequest): OriginalRequest {
  const isEnvoy = url.startsWith(`${PATH}/`);
  const original = originalMethod([
    textOf(headers['x-original-method']),
    textOf(headers['x-forwarded-method']),
    isEnvoy ? method : undefined,
  ]);
  const forwardedPath = isEnvoy ? url.slice(PATH.length) : textOf(headers['x-forwarded-uri']);
  const path = forwardedPath ?? textOf(headers['x-original-uri']);
  return {
    method: original,
    returnPath: readReturnPath(path) ?? '/',
    isUpgrade: isUpgrade(headers),
    isPreflight:
      original === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined,
    isNavigation: (original === 'GET' || original === 'HEAD') && isNavigation(headers),
    passesRedirects: forwardedPath !== undefined,
  };
}

/** Where two say something else, one of them came from outside: the one that changes something counts. */
function originalMethod(said: readonly (string | undefined)[]): string | undefined {
  const methods = said.filter((method) => method !== undefined).map((method) => method.toUpperCase());
  return methods.find((method) => !isSafeMethod(method)) ?? methods[0];
}

/** Proxies take `Upgrade` off their question; what only a WebSocket's handshake has stays (RFC 6455 §4.1). */
function isUpgrade(headers: FastifyRequest['headers']): boolean {
  return (
    headers.upgrade !== undefined ||
    headers['sec-websocket-key'] !== undefined ||
    headers['sec-websocket-version'] !== undefined ||
    headers['sec-fetch-mode'] === 'websocket'
  );
}

/** Fetch Metadata where the browser has it, `Accept` elsewhere. */
function isNavigation(headers: FastifyRequest['headers']): boolean {
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return headers.accept?.includes('text/html') ?? false;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}
