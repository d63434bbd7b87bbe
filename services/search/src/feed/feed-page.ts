import { FeedError } from './feed-error.ts';

/** A copy of an entry as far as search reads it. */
export interface EntryCopy {
  readonly title: string;
  readonly text: string;
}

export interface IndexedEntry {
  readonly type: string;
  readonly author: string;
  readonly visibility: string;
  readonly status: string;
  readonly updatedAt: string;
  readonly draft: EntryCopy;
  readonly published: (EntryCopy & { readonly publishedAt: string }) | null;
}

/** The state of one entry after a change; null when it is gone. */
export interface EntryEvent {
  readonly site: string;
  readonly id: string;
  readonly entry: IndexedEntry | null;
}

export interface FeedPage {
  /** Those about entries; kinds that are not known here are left out. */
  readonly events: readonly EntryEvent[];
  /** How many events of any kind the page had. */
  readonly size: number;
  readonly cursor: string;
  /** Everything committed up to this is contained in the feed up to `cursor`. */
  readonly seq: bigint;
  /** Newest that can be read; once `seq` is not below it, the end is reached, however short the page. */
  readonly head: bigint;
}

const MAX_CURSOR_LENGTH = 1_000;
const MAX_NAME_LENGTH = 300;
/** No more of a text is kept; words further on are not found. */
const MAX_TEXT_LENGTH = 1_000_000;

type Json = Readonly<Record<string, unknown>>;

/** Reads an answer of the feed. Throws FeedError `malformed`, which names the member but never its value. */
export function readFeedPage(value: unknown): FeedPage {
  const page = object(value, 'page');
  if (!Array.isArray(page.events)) throw malformed('events');
  const events = page.events.map((event) => object(event, 'event'));
  return {
    events: events.filter((event) => event.kind === 'entry').map(readEvent),
    size: events.length,
    cursor: boundedText(page.cursor, 'cursor', MAX_CURSOR_LENGTH),
    seq: sequence(page.seq, 'seq'),
    head: sequence(page.head, 'head'),
  };
}

function readEvent(event: Json): EntryEvent {
  const { entry } = event;
  return {
    site: name(event.site, 'site'),
    id: name(event.id, 'id'),
    entry: entry === null ? null : readEntry(object(entry, 'entry')),
  };
}

function readEntry(entry: Json): IndexedEntry {
  const { published } = entry;
  return {
    type: name(entry.type, 'type'),
    author: name(entry.author, 'author'),
    visibility: name(entry.visibility, 'visibility'),
    status: name(entry.status, 'status'),
    updatedAt: date(entry.updated_at, 'updated_at'),
    draft: readCopy(object(entry.draft, 'draft')),
    published: published === null ? null : readPublished(object(published, 'published')),
  };
}

function readCopy(copy: Json): EntryCopy {
  return { title: freeText(copy.title, 'title'), text: freeText(copy.text, 'text') };
}

function readPublished(copy: Json): EntryCopy & { publishedAt: string } {
  return { ...readCopy(copy), publishedAt: date(copy.published_at, 'published_at') };
}

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what);
  return value as Json;
}

function boundedText(value: unknown, what: string, maxLength: number): string {
  if (typeof value !== 'string' || value.length > maxLength) throw malformed(what);
  return storable(value);
}

function name(value: unknown, what: string): string {
  const text = boundedText(value, what, MAX_NAME_LENGTH);
  if (text === '') throw malformed(what);
  return text;
}

function freeText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what);
  return storable(value.slice(0, MAX_TEXT_LENGTH));
}

/** PostgreSQL's text holds no NUL, UTF-8 no lone surrogates: one such entry must not stop the feed for all others. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}

function date(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length > 40 || Number.isNaN(Date.parse(value))) throw malformed(what);
  return new Date(value).toISOString();
}

function sequence(value: unknown, what: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'string' && /^\d{1,18}$/.test(value)) return BigInt(value);
  throw malformed(what);
}

function malformed(what: string): FeedError {
  return new FeedError('malformed', `the feed's answer is not usable: ${what}`);
}
