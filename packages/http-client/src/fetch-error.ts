/**
 * Why there is no response: `timeout` none within the deadline, `unreachable` no connection or one that broke, `too_large`
 * a body over the bound, `not_json` a success that is not JSON.
 */
export type FetchErrorCode = 'timeout' | 'unreachable' | 'too_large' | 'not_json';

/** Its message never holds a header or a body. */
export class FetchError extends Error {
  readonly code: FetchErrorCode;
  constructor(code: FetchErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'FetchError';
    this.code = code;
  }
}

/** The innermost error: fetch hides the reason in `cause`, and a host with several addresses in an error without a message. */
export function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return 'unknown';
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
  return [code, inner.message.slice(0, 200)].filter(Boolean).join(': ');
}
