/** The service takes connections and responds to nothing, not even to a health check. */
export class ServiceUnresponsive extends Error {
  readonly code = 'GAIA_SERVICE_UNRESPONSIVE';
  constructor() {
    super('the service does not respond');
    this.name = 'ServiceUnresponsive';
  }
}

/** No replica of the service takes requests at this time. */
export class NoReplicaAvailable extends Error {
  readonly code = 'GAIA_NO_REPLICA_AVAILABLE';
  readonly retryAfterMs: number;
  constructor(retryAfterMs: number) {
    super('no replica of the service is available');
    this.name = 'NoReplicaAvailable';
    this.retryAfterMs = retryAfterMs;
  }
}

/** The response could be understood in two ways, though undici's parser takes it. */
export class InvalidResponse extends Error {
  readonly code = 'GAIA_INVALID_RESPONSE';
  constructor(part: string) {
    super(`the response of the service has an invalid ${part}`);
    this.name = 'InvalidResponse';
  }
}

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Codes of a connection that never came to be. */
const connectCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of a connection that broke off; on a kept-alive one often only because the service closed it meanwhile. */
const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'GAIA_SERVICE_UNRESPONSIVE']);

export function isTimeout(error: unknown): boolean {
  return timeoutCodes.has(rootOf(error).code);
}

/** Whether nothing listens at the address. */
export function isConnectFailure(error: unknown): boolean {
  const { code, syscall } = rootOf(error);
  // An established connection can end with the same codes.
  return connectCodes.has(code) && syscall !== 'read' && syscall !== 'write';
}

/** Whether a request without a body and of a safe method may be sent once more after this. */
export function isBrokenConnection(error: unknown): boolean {
  return brokenCodes.has(rootOf(error).code);
}

/** Whether it was the service that failed, and not its client or what was asked of it. */
export function isServiceFailure(error: unknown): boolean {
  const { code } = rootOf(error);
  return timeoutCodes.has(code) || connectCodes.has(code) || brokenCodes.has(code);
}

function rootOf(error: unknown): { readonly code: string; readonly syscall: unknown } {
  const subject = error as { code?: unknown; syscall?: unknown; errors?: readonly unknown[] };
  if (typeof subject?.code === 'string' && subject.code !== '') return { code: subject.code, syscall: subject.syscall };
  // A host name with several addresses fails as an AggregateError.
  const first = subject?.errors?.[0];
  return first === undefined ? { code: '', syscall: undefined } : rootOf(first);
}
