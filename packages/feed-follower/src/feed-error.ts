/**
 * Why a response of cms is no page of the feed: `unreachable` cms cannot give one, `unauthorized` it refuses this service's
 * token, `cursor_unknown` it cannot continue from the cursor, `malformed` it is not a page.
 */
export type FeedErrorCode = 'unreachable' | 'unauthorized' | 'cursor_unknown' | 'malformed';

export class FeedError extends Error {
  readonly code: FeedErrorCode;
  constructor(code: FeedErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'FeedError';
    this.code = code;
  }
}
