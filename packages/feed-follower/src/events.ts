import { FeedError } from './feed-error.ts';

/** Files that stand in fields which not everybody who sees the entry may read (`mayReadField` of @gaia/policy). */
export interface RestrictedPart {
  readonly readableBy: readonly string[];
  readonly assets: readonly string[];
}

/** A part of a text, in UTF-16 units, that is in one language (BCP 47). */
export interface LanguageSpan {
  readonly language: string;
  readonly from: number;
  readonly to: number;
}

/** A field that everybody may read who sees the entry, and by whose values entries are filtered, sorted and counted. */
export interface ComparableField {
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly facet: boolean;
}

/** A copy of an entry. Title, text and assets are of the fields that all may read who see the entry. */
export interface EntryCopy {
  readonly title: string;
  readonly titleLanguage: string | undefined;
  readonly text: string;
  readonly languages: readonly LanguageSpan[];
  /** Values of the entry's comparable fields, by name. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly assets: readonly string[];
  readonly restricted: readonly RestrictedPart[];
}

export interface FeedEntry {
  readonly type: string;
  readonly author: string;
  readonly visibility: string;
  readonly accessClass: number;
  readonly status: string;
  readonly updatedAt: string;
  readonly comparable: readonly ComparableField[];
  readonly draft: EntryCopy;
  readonly published: (EntryCopy & { readonly publishedAt: string }) | null;
}

/** The state of one entry after a change; null when it is deleted. */
export interface EntryEvent {
  readonly kind: 'entry';
  readonly site: string;
  readonly id: string;
  readonly entry: FeedEntry | null;
}

/** An access class with names. It never changes. */
export interface ClassEvent {
  readonly kind: 'class';
  readonly site: string;
  readonly id: number;
  readonly of: 'roles' | 'products';
  readonly names: readonly string[];
}

/** Whether a user holds a product now. */
export interface EntitlementEvent {
  readonly kind: 'entitlement';
  readonly site: string;
  readonly subject: string;
  readonly product: string;
  readonly held: boolean;
}

export type FeedEvent = EntryEvent | ClassEvent | EntitlementEvent;

const MAX_NAME_LENGTH = 300;
/** No more of a text is kept; words further on are not found. */
const MAX_TEXT_LENGTH = 1_000_000;
const MAX_LIST_LENGTH = 20_000;
const MAX_CLASS_ID = 2_147_483_647;

type Json = Readonly<Record<string, unknown>>;

/** Reads an event; undefined for a kind that is not known here. Throws FeedError `malformed`. */
export function readEvent(event: Json): FeedEvent | undefined {
  switch (event.kind) {
    case 'entry':
      return {
        kind: 'entry',
        site: name(event.site, 'site'),
        id: name(event.id, 'id'),
        entry: event.entry === null ? null : readEntry(object(event.entry, 'entry')),
      };
    case 'class':
      return readClass(name(event.site, 'site'), object(event.class, 'class'));
    case 'entitlement':
      return readEntitlement(name(event.site, 'site'), object(event.entitlement, 'entitlement'));
    default:
      return undefined;
  }
}

function readEntry(entry: Json): FeedEntry {
  const { published } = entry;
  const comparable = list(entry.comparable ?? [], 'comparable').map((field) =>
    readComparable(object(field, 'comparable')),
  );
  return {
    type: name(entry.type, 'type'),
    author: name(entry.author, 'author'),
    visibility: name(entry.visibility, 'visibility'),
    accessClass: classId(entry.access_class, 'access_class'),
    status: name(entry.status, 'status'),
    updatedAt: date(entry.updated_at, 'updated_at'),
    comparable,
    draft: readCopy(object(entry.draft, 'draft'), comparable),
    published: published === null ? null : readPublished(object(published, 'published'), comparable),
  };
}

function readCopy(copy: Json, comparable: readonly ComparableField[]): EntryCopy {
  const fields = object(copy.fields ?? {}, 'fields');
  const valued = comparable.filter((field) => Object.hasOwn(fields, field.name));
  return {
    title: freeText(copy.title, 'title'),
    titleLanguage: copy.title_language == null ? undefined : name(copy.title_language, 'title_language'),
    text: freeText(copy.text, 'text'),
    languages: list(copy.languages ?? [], 'languages').map((span) => readSpan(object(span, 'languages'))),
    values: Object.fromEntries(valued.map((field) => [field.name, fields[field.name]])),
    assets: names(copy.assets, 'assets'),
    restricted: list(copy.restricted, 'restricted').map((part) => readRestricted(object(part, 'restricted'))),
  };
}

function readComparable(field: Json): ComparableField {
  return {
    name: name(field.name, 'comparable.name'),
    type: name(field.type, 'comparable.type'),
    list: field.list === true,
    facet: field.facet === true,
  };
}

function readSpan({ language, from, to }: Json): LanguageSpan {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw malformed('languages');
  return { language: name(language, 'languages.language'), from: from as number, to: to as number };
}

function readPublished(copy: Json, comparable: readonly ComparableField[]): EntryCopy & { publishedAt: string } {
  return { ...readCopy(copy, comparable), publishedAt: date(copy.published_at, 'published_at') };
}

function readRestricted(part: Json): RestrictedPart {
  return { readableBy: names(part.readable_by, 'readable_by'), assets: names(part.assets, 'assets') };
}

function readClass(site: string, { id, kind, names: given }: Json): ClassEvent {
  if (kind !== 'roles' && kind !== 'products') throw malformed('class.kind');
  return { kind: 'class', site, id: classId(id, 'class.id'), of: kind, names: names(given, 'class.names') };
}

function readEntitlement(site: string, { user, product, held }: Json): EntitlementEvent {
  if (typeof held !== 'boolean') throw malformed('held');
  return { kind: 'entitlement', site, subject: name(user, 'user'), product: name(product, 'product'), held };
}

export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what);
  return value as Json;
}

export function boundedText(value: unknown, what: string, maxLength: number): string {
  if (typeof value !== 'string' || value.length > maxLength) throw malformed(what);
  return storable(value);
}

export function malformed(what: string): FeedError {
  return new FeedError('malformed', `the feed's answer is not usable: ${what}`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > MAX_LIST_LENGTH) throw malformed(what);
  return value;
}

function names(value: unknown, what: string): readonly string[] {
  return [...new Set(list(value, what).map((one) => name(one, what)))];
}

function name(value: unknown, what: string): string {
  const text = boundedText(value, what, MAX_NAME_LENGTH);
  if (text === '') throw malformed(what);
  return text;
}

function classId(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_CLASS_ID) throw malformed(what);
  return value;
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
