import type { FastifyRequest } from 'fastify';

/** What goes along with every call to another service: who asks, and as a part of what. */
export interface CallContext {
  /** The caller's own `Authorization` header. */
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

export function callContextOf({ id, headers }: Pick<FastifyRequest, 'id' | 'headers'>): CallContext {
  const { authorization, traceparent } = headers;
  return {
    authorization,
    requestId: id,
    traceparent: typeof traceparent === 'string' && traceparent !== '' ? traceparent : undefined,
  };
}
