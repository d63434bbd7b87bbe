import type { FastifyRequest } from 'fastify';

/** Headers that every call to another service forwards. */
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
