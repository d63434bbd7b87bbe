import { boundedText, type FeedEvent, malformed, object, readEvent } from './events.ts';

export interface FeedPage {
  /** Kinds that are not known here are left out. */
  readonly events: readonly FeedEvent[];
  /** How many events of any kind the page had. */
  readonly size: number;
  readonly cursor: string;
  /** Everything committed up to this is contained in the feed up to `cursor`. */
  readonly seq: bigint;
  /** Newest that can be read; once `seq` is not below it, the end is reached, however short the page. */
  readonly head: bigint;
}

const MAX_CURSOR_LENGTH = 1_000;

/** Reads an answer of the feed. Throws FeedError `malformed`, which names the member but never its value. */
export function readFeedPage(value: unknown): FeedPage {
  const page = object(value, 'page');
  if (!Array.isArray(page.events)) throw malformed('events');
  return {
    events: page.events.map((event) => readEvent(object(event, 'event'))).filter((event) => event !== undefined),
    size: page.events.length,
    cursor: boundedText(page.cursor, 'cursor', MAX_CURSOR_LENGTH),
    seq: sequence(page.seq, 'seq'),
    head: sequence(page.head, 'head'),
  };
}

function sequence(value: unknown, what: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return BigInt(value);
  throw malformed(what);
}
