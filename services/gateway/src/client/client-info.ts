import { plainAddress } from '@gaia/http-service/client-network';
import type { FastifyRequest } from 'fastify';
import { type Host, parseHost } from './host.ts';

/** Where a request comes from and what it was sent to, as seen through trusted proxies only. */
export interface ClientInfo {
  /** IP address of the client; IPv4 in its plain form. */
  readonly address: string;
  readonly host: Host;
  readonly scheme: 'http' | 'https';
  /** RFC 6454 origin of the page that may act here. */
  readonly origin: string;
}

export type ClientInfoOf = (request: FastifyRequest) => ClientInfo;

/**
 * Makes the function that tells a request's client. Fastify has already decided, by its trusted proxies, whether
 * X-Forwarded-* count. Refuses: invalid_host.
 */
export function createClientInfoOf(options: { readonly publicUrl: string }): ClientInfoOf {
  const publicIsSecure = options.publicUrl.startsWith('https:');
  return (request) => {
    const host = parseHost(request.host);
    const scheme = request.protocol === 'https' ? 'https' : 'http';
    // A TLS proxy that is not in the list of trusted ones looks like http from here; the origin of pages is https all the same.
    const secure = scheme === 'https' || publicIsSecure;
    return {
      address: plainAddress(request.ip),
      host,
      scheme,
      origin: `${secure ? 'https' : 'http'}://${withoutDefaultPort(host.authority, secure)}`,
    };
  };
}

/** RFC 6454 §6.2: an origin does not name its scheme's own port. */
function withoutDefaultPort(authority: string, secure: boolean): string {
  const port = secure ? ':443' : ':80';
  return authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
}
