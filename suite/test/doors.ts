import { type Answer, call } from './running-suite.ts';

/** Where and what a caller looks at: all entries of one type, found by a word that stands in each of them. */
export interface Look {
  /** The gateway. */
  readonly url: string;
  readonly site: string;
  readonly type: string;
  readonly word: string;
  /** Ids of all the files that there are. */
  readonly files: readonly string[];
  /** Search and files wait for this change. */
  readonly minSeq?: string | undefined;
}

/** What the doors show to one caller; every list is sorted. */
export interface Sight {
  readonly rest: readonly string[];
  readonly graphql: readonly string[];
  readonly search: readonly string[];
  readonly searchTotal: number;
  readonly files: readonly string[];
}

export const nothing: Sight = Object.freeze({ rest: [], graphql: [], search: [], searchTotal: 0, files: [] });

/** Looks through all doors at once. A token of another site is refused with 403 by three of them: that shows nothing. */
export async function lookThroughDoors(look: Look, token: string | undefined): Promise<Sight> {
  const { url, site, type, word, files, minSeq } = look;
  const as = { ...(token !== undefined && { token }) };
  const seq = minSeq === undefined ? '' : `&min_seq=${minSeq}`;
  const query = `{ ${type}_list(limit: 100) { items { id } next_cursor } }`;
  const [rest, graphql, search, readable] = await Promise.all([
    call('GET', `${url}/cms/sites/${site}/entries?type=${type}&limit=100`, as),
    call('POST', `${url}/graphql?site=${site}`, { ...as, body: { query } }),
    callOnceArrived(`${url}/search?site=${site}&q=${word}&type=${type}&limit=50${seq}`, as),
    callOnceArrived(`${url}/assets/sites/${site}/metadata?ids=${files.join(',')}${seq}`, as),
  ]);
  return {
    rest: idsOf(rest, rest.json.items),
    graphql: idsOf(graphql, graphql.json.data?.[`${type}_list`]?.items),
    search: idsOf(search, search.json.items),
    searchTotal: search.status === 403 ? 0 : search.json.total,
    files: idsOf(readable, readable.json.items),
  };
}

/** A service that waits for a change in vain says so after five seconds; on a busy machine that is no answer yet. */
export async function callOnceArrived(address: string, as: { token?: string }): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await call('GET', address, as);
    if (answer.json?.code !== 'index_behind' || attempt >= 20) return answer;
  }
}

function idsOf({ status, text }: Answer, items: readonly { readonly id: string }[] | undefined): readonly string[] {
  if (status === 403) return [];
  if (status !== 200 || items === undefined) throw new Error(`answered ${status}: ${text.slice(0, 500)}`);
  return items.map(({ id }) => id).toSorted();
}

export interface FeedEntry {
  readonly author: string;
  readonly access_class: number;
  readonly published: { readonly assets: readonly string[] } | null;
}

/** What the change feed says of a site, from its beginning: enough to work out who sees what. */
export interface SiteByFeed {
  readonly entries: ReadonlyMap<string, FeedEntry>;
  readonly classes: ReadonlyMap<number, { readonly kind: 'roles' | 'products'; readonly names: readonly string[] }>;
  /** `<user> <product>`. */
  readonly holds: ReadonlySet<string>;
}

/**
 * Reads the feed, with a token that may (`feed:read`), to its end and at least to the change `minSeq`. Its end alone
 * would not do: the feed holds back what was committed while an older transaction is open.
 */
export async function readFeed(url: string, site: string, token: string, minSeq: string): Promise<SiteByFeed> {
  const entries = new Map<string, FeedEntry>();
  const classes = new Map<number, { kind: 'roles' | 'products'; names: string[] }>();
  const holds = new Set<string>();
  for (let after = ''; ; ) {
    const { status, json, text } = await call('GET', `${url}/cms/feed?limit=500&wait=5&after=${after}`, { token });
    if (status !== 200) throw new Error(`the feed answered ${status}: ${text}`);
    for (const event of json.events) {
      if (event.site !== site) continue;
      if (event.kind === 'class') classes.set(event.class.id, event.class);
      if (event.kind === 'entry' && event.entry === null) entries.delete(event.id);
      if (event.kind === 'entry' && event.entry !== null) entries.set(event.id, event.entry);
      if (event.kind === 'entitlement') {
        const { user, product, held } = event.entitlement;
        if (held) holds.add(`${user} ${product}`);
        else holds.delete(`${user} ${product}`);
      }
    }
    if (BigInt(json.seq) >= BigInt(json.head) && BigInt(json.seq) >= BigInt(minSeq)) return { entries, classes, holds };
    after = json.cursor;
  }
}
