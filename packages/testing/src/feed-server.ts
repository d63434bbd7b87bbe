import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CopyOfEntry {
  readonly title: string;
  readonly title_language?: string;
  readonly languages?: readonly { readonly language: string; readonly from: number; readonly to: number }[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly text?: string;
  readonly assets?: readonly string[];
  readonly restricted?: readonly { readonly readable_by: readonly string[]; readonly assets: readonly string[] }[];
}

export interface Change {
  readonly site?: string;
  readonly id: string;
  readonly type?: string;
  readonly author?: string;
  /** Decides the access class where none is given. */
  readonly visibility?: string;
  readonly accessClass?: number;
  readonly comparable?: readonly {
    readonly name: string;
    readonly type: string;
    readonly list?: boolean;
    readonly facet?: boolean;
  }[];
  readonly updatedAt?: string;
  readonly draft?: CopyOfEntry;
  readonly published?: CopyOfEntry | null;
  /** Another kind of event than `entry`. */
  readonly kind?: string;
}

/** What happens to a request for the feed: an answer of one's own, or `break` for a connection that is cut. */
export type Failure = { readonly status: number; readonly body?: unknown } | 'break' | undefined;

export interface FeedServer {
  readonly url: string;
  readonly requests: { readonly after: string; readonly limit: number; readonly at: number }[];
  /** Tokens that were issued. */
  tokens(): number;
  /** Appends a change as a transaction of its own; gives its seq. */
  change(change: Change): string;
  /** Appends an access class with names. */
  accessClass(id: number, kind: 'roles' | 'products', names: readonly string[], site?: string): string;
  /** Appends that a user holds a product, or does not any more. */
  entitlement(user: string, product: string, held: boolean, site?: string): string;
  /** Appends the deletion of an entry. */
  remove(id: string, site?: string): string;
  fail(failure: Failure): void;
  failTokens(status: number | undefined): void;
  /** Starts numbering anew, as a restored cms would: older cursors are unknown. */
  restore(): void;
  open(): number;
  close(): Promise<void>;
}

type Event = Readonly<Record<string, unknown>> & { readonly seq: string };

const SITE = 'site-a.localhost';
const CLASSES: Readonly<Record<string, number>> = { public: 1, members: 2, author: 3 };
const AT = '2026-11-22T02:20:00.000Z';

/** cms's feed and auth's token endpoint over real HTTP, for tests of what follows them. */
export async function startFeedServer(options: { firstSeq?: number } = {}): Promise<FeedServer> {
  let events: Event[] = [];
  let seq = options.firstSeq ?? 700;
  let epoch = 1;
  let failure: Failure;
  let tokenFailure: number | undefined;
  let tokens = 0;
  const requests: FeedServer['requests'] = [];
  const waiting = new Set<() => void>();

  const wake = () => {
    for (const resume of [...waiting]) resume();
  };

  function append(event: Readonly<Record<string, unknown>>): string {
    seq += 1;
    events.push({ seq: String(seq), at: AT, ...event });
    wake();
    return String(seq);
  }

  async function answerFeed(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const limit = Number(query.get('limit'));
    requests.push({ after: query.get('after') ?? '', limit, at: performance.now() });
    if (failure === 'break') return void request.socket.destroy();
    if (failure !== undefined) return send(response, failure.status, failure.body ?? { code: 'unavailable' });
    const [of, place] = (query.get('after') ?? `${epoch}:0`).split(':').map(Number);
    if (of !== epoch || place === undefined) return send(response, 400, { code: 'invalid_cursor' });
    if (place >= events.length) await nextEvent(Number(query.get('wait')) * 1_000, response);
    if (response.destroyed) return;
    const page = events.slice(place, place + limit);
    const through = page.length < limit ? String(seq) : page.at(-1)?.seq;
    send(response, 200, { events: page, cursor: `${epoch}:${place + page.length}`, seq: through, head: String(seq) });
  }

  function nextEvent(ms: number, response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
      response.on('close', done);
    });
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://feed.test');
    if (pathname === '/cms/feed') return void answerFeed(request, response, searchParams);
    if (tokenFailure !== undefined) return send(response, tokenFailure, { error: 'invalid_client' });
    tokens += 1;
    send(response, 200, { access_token: `service-token-${tokens}`, token_type: 'Bearer', expires_in: 900 });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    tokens: () => tokens,
    change: (change) => append(entryEvent(change)),
    accessClass: (id, kind, names, site = SITE) =>
      append({ kind: 'class', site, id: `class-${id}`, class: { id, kind, names } }),
    entitlement: (user, product, held, site = SITE) =>
      append({ kind: 'entitlement', site, id: `${user}-${product}`, entitlement: { user, product, held } }),
    remove: (id, site = SITE) => append({ kind: 'entry', site, id, entry: null }),
    fail: (next) => {
      failure = next;
      wake();
    },
    failTokens: (status) => {
      tokenFailure = status;
    },
    restore: () => {
      epoch += 1;
      events = [];
      seq = 100;
      server.closeAllConnections();
    },
    open: () => waiting.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function entryEvent(change: Change): Readonly<Record<string, unknown>> {
  const { site = SITE, id, visibility = 'public', published = null, kind = 'entry' } = change;
  const draft = change.draft ?? published ?? { title: id };
  const copy = ({ title, text = '', assets = [], restricted = [], ...more }: CopyOfEntry) => ({
    fields: { title, ...more.fields },
    title,
    title_language: more.title_language ?? null,
    text,
    languages: more.languages ?? [],
    assets,
    restricted: restricted.map((part) => ({ text: '', ...part })),
  });
  const changed = published === null || JSON.stringify(draft) !== JSON.stringify(published);
  return {
    kind,
    site,
    id,
    entry: {
      type: change.type ?? 'article',
      author: change.author ?? 'author-1',
      visibility,
      access_class: change.accessClass ?? CLASSES[visibility] ?? 9,
      status: changed ? 'draft' : 'published',
      version: 1,
      updated_at: change.updatedAt ?? AT,
      comparable: change.comparable ?? [],
      draft: copy(draft),
      published: published && { ...copy(published), published_at: change.updatedAt ?? AT },
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
