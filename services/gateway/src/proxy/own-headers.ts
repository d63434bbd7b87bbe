import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientInfo } from '../client/client-info.ts';
import { nextTraceContext } from './trace-context.ts';

/** Adds what the gateway tells the service of a request: names and values in turns. */
export function addOwnHeaders(
  headers: string[],
  request: FastifyRequest,
  known: { readonly client: ClientInfo; readonly site: string | undefined; readonly uuid: () => string },
): void {
  const { traceparent, tracestate } = request.raw.headers;
  const trace = nextTraceContext(
    { traceparent: traceparent as string | undefined, tracestate: tracestate as string | undefined },
    known.uuid,
  );
  headers.push('x-request-id', request.id, 'traceparent', trace.traceparent);
  if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate);
  headers.push('x-forwarded-for', known.client.address);
  headers.push('x-forwarded-host', known.client.host.authority);
  headers.push('x-forwarded-proto', known.client.scheme);
  if (known.site !== undefined) headers.push('x-gaia-site', known.site);
}

/** What hooks have put on the reply (request id, rate limits), since Fastify does not write a hijacked response. */
export function ownResponseHeaders(reply: FastifyReply, cookies: readonly string[], isLast: boolean): string[] {
  const own: string[] = isLast ? ['connection', 'close'] : [];
  const headers = reply.getHeaders();
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) own.push(name, one);
    else if (value !== undefined) own.push(name, String(value));
  }
  for (const cookie of cookies) own.push('set-cookie', cookie);
  return own;
}
