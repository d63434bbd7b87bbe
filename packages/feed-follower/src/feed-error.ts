/**
 * Why the feed could not be read: `unreachable` cms does not answer, `unauthorized` it refuses this service's token,
 * `cursor_unknown` it cannot continue from the cursor, `too_large` the page is over the bound, `malformed` it is not a page.
 */
export type FeedErrorCode = 'unreachable' | 'unauthorized' | 'cursor_unknown' | 'too_large' | 'malformed';

export class FeedError extends Error {
  readonly code: FeedErrorCode;
  constructor(code: FeedErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'FeedError';
    this.code = code;
  }
}
