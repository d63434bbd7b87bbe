import type { CallOptions, Http, HttpResponse } from '../http/http.ts';
import type { OwnWrites } from './own-writes.ts';
import { itemsOf, pagesOf } from './pages.ts';
import type { ContentType, Entry, Page, SavedEntry, Visibility } from './types.ts';

export interface ListOptions<Type extends ContentType> extends CallOptions {
  readonly filter?: Type['filter'];
  readonly sort?: Type['sort'] | readonly Type['sort'][];
  readonly status?: 'draft' | 'published';
  /** Fields to give, also of what is expanded: `['title', 'category.name']`; all unless named. */
  readonly fields?: readonly ((keyof Type['fields'] & string) | `${string}.${string}`)[];
  /** References to give as entries instead of ids. */
  readonly expand?: readonly Type['expand'][];
  /** How rich text is given. */
  readonly richText?: 'json' | 'html' | 'text';
  /** Language by whose rules texts are sorted. */
  readonly locale?: string;
  /** Items of a page; 20 unless given, 100 at most. */
  readonly limit?: number;
  readonly cursor?: string;
  /** Whether to count all items. */
  readonly total?: boolean;
}

interface Access {
  readonly visibility?: Visibility;
  readonly roles?: readonly string[];
  readonly products?: readonly string[];
}

export interface NewEntry<Type extends ContentType> extends Access {
  readonly fields?: Type['input'];
}

export interface EntryChange<Type extends ContentType> extends Access {
  /** Named fields are replaced; null takes one away. */
  readonly fields?: { readonly [Field in keyof Type['input']]?: Type['input'][Field] | null };
}

/** Conditions of a change (RFC 9110 §13): it is made upon this version or refused with version_conflict. */
export interface ChangeOptions extends CallOptions {
  readonly ifVersion?: number;
}

/** The entries of one type on one site. */
export interface Entries<Type extends ContentType> {
  list(options?: ListOptions<Type>): Promise<Page<Entry<Type['fields']>>>;
  /** Every page of a list, one request each. */
  pages(options?: ListOptions<Type>): AsyncIterable<Page<Entry<Type['fields']>>>;
  /** Every entry of a list: `for await (const entry of …)`. */
  all(options?: ListOptions<Type>): AsyncIterable<Entry<Type['fields']>>;
  /** Throws entry_not_found. */
  get(
    id: string,
    options?: Pick<ListOptions<Type>, 'fields' | 'expand' | 'richText'> & CallOptions,
  ): Promise<Entry<Type['fields']>>;
  /** Makes a draft. Throws validation_failed, value_not_unique. */
  create(entry: NewEntry<Type>, options?: CallOptions): Promise<SavedEntry<Type['fields']>>;
  /** Throws entry_not_found, version_conflict, validation_failed. */
  update(id: string, change: EntryChange<Type>, options?: ChangeOptions): Promise<SavedEntry<Type['fields']>>;
  publish(id: string, options?: ChangeOptions): Promise<SavedEntry<Type['fields']>>;
  unpublish(id: string, options?: ChangeOptions): Promise<SavedEntry<Type['fields']>>;
  delete(id: string, options?: ChangeOptions): Promise<void>;
}

export function createEntries<Type extends ContentType>(
  http: Http,
  site: string,
  type: string,
  writes: OwnWrites,
): Entries<Type> {
  const root = `/cms/sites/${encodeURIComponent(site)}/entries`;
  const pathOf = (id: string) => `${root}/${encodeURIComponent(id)}`;

  /** What a change gave; the API's word for what it holds. */
  function saved({ body, headers }: HttpResponse): SavedEntry<Type['fields']> {
    const entry = body as SavedEntry<Type['fields']> | undefined;
    writes.made(entry?.seq ?? headers.get('gaia-seq'));
    return entry as SavedEntry<Type['fields']>;
  }

  async function list(options: ListOptions<Type> = {}) {
    const { filter, sort, status, fields, expand, richText, locale, limit, cursor, total, ...call } = options;
    const query = {
      type,
      status,
      filter: filter && JSON.stringify(filter),
      sort: joined(sort),
      locale,
      fields: joined(fields),
      expand: joined(expand),
      rich_text: richText,
      limit,
      cursor,
      total: total || undefined,
    };
    return (await http.call('GET', root, { ...call, query })).body as Page<Entry<Type['fields']>>;
  }

  const pages = ({ cursor, ...rest }: ListOptions<Type> = {}) =>
    pagesOf<Entry<Type['fields']>, Page<Entry<Type['fields']>>>(
      (next) => list({ ...rest, ...(next !== undefined && { cursor: next }) }),
      cursor,
    );

  async function change(method: string, path: string, { ifVersion, ...call }: ChangeOptions = {}, json?: unknown) {
    const headers = { 'if-match': ifVersion === undefined ? undefined : `"${ifVersion}"` };
    return saved(await http.call(method, path, { ...call, json, headers }));
  }

  return {
    list,
    pages,
    all: (options) => itemsOf(pages(options)),
    async get(id, { fields, expand, richText, ...call } = {}) {
      const query = { fields: joined(fields), expand: joined(expand), rich_text: richText };
      return (await http.call('GET', pathOf(id), { ...call, query })).body as Entry<Type['fields']>;
    },
    create: async (entry, call) => saved(await http.call('POST', root, { ...call, json: { type, ...entry } })),
    update: (id, json, options) => change('PATCH', pathOf(id), options, json),
    publish: (id, options) => change('POST', `${pathOf(id)}/publish`, options),
    unpublish: (id, options) => change('POST', `${pathOf(id)}/unpublish`, options),
    async delete(id, options) {
      await change('DELETE', pathOf(id), options);
    },
  };
}

function joined(names: string | readonly string[] | undefined): string | undefined {
  return typeof names === 'object' ? names.join(',') : names;
}
