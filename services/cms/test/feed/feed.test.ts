import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFeedSignal } from '../../src/feed/feed-signal.ts';
import { compactFeed } from '../../src/feed/maintenance.ts';
import { correctPosition, createOutbox } from '../../src/feed/outbox.ts';
import { inTransaction } from '../../src/transactions.ts';
import { admin, createArticle, defineArticle, editor, fileId, follower, startCms, type TestCms } from '../cms.ts';

const noAudit = { textOf: () => '{}', committed: () => {} };
let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

interface Event {
  seq: string;
  id: string;
  site: string;
  // biome-ignore lint/suspicious/noExplicitAny: an entry as JSON.
  entry: any;
}

const read = async (query = '') => cms.call(`GET /cms/feed?${query}`, { as: follower });

/** Position of the newest event, readable yet or not: other databases' transactions hold the feed back too. */
async function newest(): Promise<bigint> {
  const { rows } = await sql<{ seq: string }>`select coalesce(max(seq), 0)::text as seq from feed_events`.execute(
    cms.database,
  );
  return BigInt(rows[0]?.seq ?? 0);
}

/** Reads on until all that had been written has been read; gives the events and the last cursor. */
async function follow(from = '', limit = 500): Promise<{ events: Event[]; cursor: string }> {
  const until = await newest();
  const events: Event[] = [];
  for (let after = from; ; ) {
    const { body } = await read(`after=${after}&limit=${limit}&wait=0.05`);
    events.push(...body.events);
    after = body.cursor;
    if (body.events.length === 0 && BigInt(body.seq) >= until) return { events, cursor: after };
  }
}

let start = '';
beforeEach(async () => {
  start = (await follow()).cursor;
});

describe('an event', () => {
  it('carries what a type says of its fields for search', async () => {
    const type = await cms.call('POST /cms/a/types', {
      as: admin,
      body: {
        name: 'gadget',
        language: 'de',
        fields: [
          { name: 'title', type: 'text', language: 'fr' },
          { name: 'kind', type: 'enum', values: ['small', 'big'], facet: true },
          { name: 'notes', type: 'text', searchable: false },
          { name: 'weight', type: 'number', searchable: true },
          { name: 'price', type: 'decimal', facet: true },
          { name: 'made', type: 'date', searchable: true, facet: true },
          { name: 'secret', type: 'text', readable_by: ['editor'], facet: true },
          { name: 'labels', type: 'list', of: { type: 'text' }, language: 'en', facet: true },
          { name: 'body', type: 'richText', language: 'pt-BR' },
        ],
      },
    });
    expect(type).toMatchObject({ status: 201, body: { language: 'de', fields: { 2: { searchable: false } } } });
    const fields = {
      title: 'Le titre',
      kind: 'small',
      notes: 'unsaid',
      weight: 12.5,
      price: '99.50',
      made: '2026-11-22',
      secret: 'hidden',
      labels: ['one', 'two'],
      body: '<p>Z&uuml;rich <b>le</b></p><script>alert(1)</script>',
    };
    const saved = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'gadget', fields } });
    const { events } = await follow(start);
    const { entry } = events.findLast((candidate) => candidate.id === saved.body.id) ?? { entry: undefined };
    expect(entry.draft).toMatchObject({
      title: 'Le titre',
      title_language: 'fr',
      text: 'small\n12.5\n2026-11-22\none\ntwo\nZürich le',
      languages: [
        { language: 'de', from: 0, to: 21 },
        { language: 'en', from: 22, to: 29 },
        { language: 'pt-BR', from: 30, to: 39 },
      ],
    });
    expect(entry.comparable).toEqual([
      { name: 'title', type: 'text', list: false, facet: false },
      { name: 'kind', type: 'enum', list: false, facet: true },
      { name: 'notes', type: 'text', list: false, facet: false },
      { name: 'weight', type: 'number', list: false, facet: false },
      { name: 'price', type: 'decimal', list: false, facet: true },
      { name: 'made', type: 'date', list: false, facet: true },
      { name: 'labels', type: 'text', list: true, facet: true },
    ]);
  });

  it('carries both copies of the entry, with what search and assets need', async () => {
    const target = await createArticle(cms, { title: 'Target' }, { publish: true });
    const fields = {
      title: 'T',
      slug: 's-1',
      body: '# Head\n\n[link](http://x.test) <b>bold</b>',
      picture: fileId(1),
      related: target.id,
      tags: ['t1'],
    };
    const saved = await createArticle(cms, fields, { publish: true, visibility: 'members' });
    const changed = await cms.call(`PATCH /cms/a/entries/${saved.id}`, {
      as: editor,
      body: { fields: { title: 'T2', picture: null } },
    });
    const { events } = await follow(start);
    const event = events.findLast((candidate) => candidate.id === saved.id);
    expect(event).toMatchObject({ kind: 'entry', seq: changed.body.seq, site: 'site-a.localhost' });
    expect(event?.entry).toMatchObject({
      type: 'article',
      author: 'u-editor',
      visibility: 'members',
      status: 'published',
      version: 3,
      updated_at: changed.body.updated_at,
      draft: { title: 'T2', assets: [], references: [target.id] },
      published: { title: 'T', assets: [fileId(1)], references: [target.id], published_at: saved.published_at },
    });
    expect(event?.entry.published.text).toBe('s-1\nt1\nHead\nlink bold');
    expect(event?.entry.published.fields).toEqual({ ...fields, body: saved.fields.body, featured: false });
  });

  it('is null for what was deleted', async () => {
    const { id } = await createArticle(cms, { title: 'Gone' });
    await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor });
    const { events } = await follow(start);
    expect(events.filter((event) => event.id === id).map((event) => event.entry)).toEqual([null, null]);
  });

  it('is not written for a change that changes nothing; its answer names the last one', async () => {
    const saved = await createArticle(cms, { title: 'P' }, { publish: true });
    const again = await cms.call(`POST /cms/a/entries/${saved.id}/publish`, { as: editor });
    expect(again.body.seq).toBe(saved.seq);
    expect((await follow(start)).events).toHaveLength(2);
  });

  it('comes again for all entries of a type that was renamed', async () => {
    await cms.call('POST /cms/a/types', { as: admin, body: { name: 'page', fields: [{ name: 'a', type: 'text' }] } });
    const create = () => cms.call('POST /cms/a/entries', { as: editor, body: { type: 'page', fields: { a: 'x' } } });
    const ids = (await Promise.all([create(), create(), create()])).map((answer) => answer.body.id).sort();
    const { cursor } = await follow();
    const { body: type } = await cms.call('GET /cms/a/types/page', { as: admin });
    const fields = [{ ...type.fields[0], name: 'b' }];
    await cms.call('PATCH /cms/a/types/page', { as: admin, body: { name: 'sheet', fields } });
    await cms.refresh();
    const { events } = await follow(cursor);
    expect(events.map((event) => event.id)).toEqual(ids);
    expect(events[0]?.entry).toMatchObject({ type: 'sheet', draft: { fields: { b: 'x' } } });
    expect(new Set(events.map((event) => event.seq)).size).toBe(1);
    const { body: one } = await read(`after=${cursor}&limit=1`);
    expect(one.events).toHaveLength(3);
  });
});

describe('the order', () => {
  it('lets nothing through above a transaction that is still running, and nothing is skipped', async () => {
    const outbox = createOutbox({ changed: () => {} }, noAudit, cms.issuer.now);
    const { id } = await createArticle(cms, { title: 'slow' });
    const { cursor } = await follow();
    let finish = () => {};
    let slow: Promise<string> | undefined;
    const slowSeq = await new Promise<string>((started) => {
      slow = inTransaction(cms.database, async (transaction) => {
        const seq = await outbox.append(transaction, { site: 'site-a.localhost', id });
        started(seq);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return seq;
      });
    });
    let quick: { id: string; seq: string };
    try {
      quick = await createArticle(cms, { title: 'quick' });
      expect(BigInt(quick.seq)).toBeGreaterThan(BigInt(slowSeq));
      const held = await read(`after=${cursor}`);
      expect(held.body.events).toEqual([]);
      expect(BigInt(held.body.seq)).toBeLessThan(BigInt(slowSeq));
    } finally {
      finish();
      await slow;
    }
    const { events } = await follow(cursor);
    expect(events.map((event) => event.id)).toEqual([id, quick.id]);
  });

  it('a follower misses no write of many at different speeds, and replay gives the state of the database', async () => {
    const outbox = createOutbox({ changed: () => {} }, noAudit, cms.issuer.now);
    const entries = await Promise.all(Array.from({ length: 8 }, (_, n) => createArticle(cms, { title: `e${n}` })));
    const { cursor } = await follow();
    const written: string[] = [];
    let writing = true;
    const seen: string[] = [];
    const following = (async () => {
      let after = cursor;
      for (let behind = true; behind; ) {
        // What is committed while this page is read would not be in it.
        const stillWriting = writing;
        const { body } = await read(`after=${after}&limit=7`);
        seen.push(...body.events.map((event: Event) => `${event.seq} ${event.id}`));
        after = body.cursor;
        behind = stillWriting || body.events.length > 0 || BigInt(body.seq) < (await newest());
      }
    })();
    const slowWriter = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) {
        const { id } = entries[turn % entries.length] ?? entries[0];
        const seq = await inTransaction(cms.database, async (transaction) => {
          const position = await outbox.append(transaction, { site: 'site-a.localhost', id });
          await sql`select pg_sleep(${(turn % 5) / 200})`.execute(transaction);
          return position;
        });
        written.push(`${seq} ${id}`);
      }
    };
    const quickWriter = async (n: number) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const { id } = entries[(n + turn) % entries.length] ?? entries[0];
        const body = { fields: { title: `by ${n} in ${turn}` } };
        const answer = await cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body });
        written.push(`${answer.body.seq} ${id}`);
      }
    };
    await Promise.all([slowWriter(20), slowWriter(20), quickWriter(1), quickWriter(2), quickWriter(3)]);
    writing = false;
    await following;
    expect(seen.toSorted()).toEqual([...new Set(written)].toSorted());
    const positions = seen.map((line) => BigInt(line.split(' ')[0] ?? ''));
    expect(positions).toEqual(positions.toSorted((one, other) => (one < other ? -1 : 1)));

    const replayed = new Map<string, Event['entry']>();
    for (const event of (await follow('', 50)).events) replayed.set(event.id, event.entry);
    const stored = await cms.database.selectFrom('entries').select(['id', 'version']).execute();
    const alive = [...replayed].filter(([, entry]) => entry !== null);
    expect(alive.map(([id, entry]) => `${id} ${entry.version}`).toSorted()).toEqual(
      stored.map((row) => `${row.id} ${row.version}`).toSorted(),
    );
  });
});

describe('compaction', () => {
  it('leaves the newest event of every entry, of deleted ones too', async () => {
    const kept = await createArticle(cms, { title: 'a' });
    for (const title of ['b', 'c', 'd']) {
      await cms.call(`PATCH /cms/a/entries/${kept.id}`, { as: editor, body: { fields: { title } } });
    }
    const gone = await createArticle(cms, { title: 'x' });
    await cms.call(`DELETE /cms/a/entries/${gone.id}`, { as: editor });
    const newest = new Map((await follow()).events.map((event) => [event.id, event.seq]));
    while ((await compactFeed(cms.database)) > 0);
    const { events } = await follow();
    expect(events).toHaveLength(newest.size);
    expect(new Map(events.map((event) => [event.id, event.seq]))).toEqual(newest);
    expect(events.find((event) => event.id === gone.id)?.entry).toBeNull();
    expect((await follow(start)).events.map((event) => event.id)).toEqual([kept.id, gone.id]);
  });
});

describe('waiting', () => {
  it('answers as soon as something was written', async () => {
    const { cursor } = await follow();
    const waiting = read(`after=${cursor}&wait=20`);
    const { id } = await createArticle(cms, { title: 'Awaited' });
    const { body } = await waiting;
    expect(body.events.map((event: Event) => event.id)).toEqual([id]);
  });

  it('answers with nothing when the time is over', async () => {
    const { cursor } = await follow();
    const begun = performance.now();
    const { body } = await read(`after=${cursor}&wait=0.2`);
    expect(performance.now() - begun).toBeGreaterThan(190);
    expect(body).toMatchObject({ events: [], cursor });
    expect(BigInt(body.seq)).toBeGreaterThanOrEqual(BigInt(body.head));
  });

  it('ends when the service closes', async () => {
    const other = await startCms();
    const wait = vi.spyOn(other.signal, 'wait');
    const address = await other.app.listen({ host: '127.0.0.1', port: 0 });
    const response = fetch(`${address}/cms/feed?wait=30`, { headers: other.issuer.headersFor(follower) });
    await vi.waitFor(() => expect(wait).toHaveBeenCalled(), { timeout: 15_000 });
    const begun = performance.now();
    await other.close();
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(await (await response).json()).toMatchObject({ events: [] });
  });
});

describe('the position', () => {
  it('stays when transaction ids go on, and is raised when they start lower', async () => {
    expect(await inTransaction(cms.database, correctPosition)).toBe('kept');
    const saved = await createArticle(cms, { title: 'Before' });
    const { cursor } = await follow();
    // What a dump of this database looks like in a cluster whose transaction ids are lower by a million.
    await sql`update feed_events set seq = seq + 1000000 where seq = ${saved.seq}::bigint`.execute(cms.database);
    expect(await inTransaction(cms.database, correctPosition)).toBe('raised');
    const after = await createArticle(cms, { title: 'After' });
    expect(BigInt(after.seq)).toBeGreaterThan(BigInt(saved.seq) + 1_000_000n);
    expect((await read(`after=${cursor}`)).body).toMatchObject({ status: 400, code: 'invalid_cursor' });
    const { events } = await follow();
    expect(events.at(-1)).toMatchObject({ id: after.id });
  });
});

describe('requests that are refused', () => {
  const cursor = (text: string) => Buffer.from(text).toString('base64url');
  it.each([
    ['after=nonsense', 'invalid_cursor'],
    [`after=${cursor('000000000000-1')}`, 'invalid_cursor'],
    [`after=${cursor('000000000000--1')}`, 'invalid_cursor'],
    [`after=${cursor(`000000000000-${'9'.repeat(19)}`)}`, 'invalid_cursor'],
    [`after=${'A'.repeat(201)}`, 'validation_failed'],
    ['limit=0', 'validation_failed'],
    ['limit=501', 'validation_failed'],
    ['wait=31', 'validation_failed'],
    ['wait=-1', 'validation_failed'],
    ['site=x', 'validation_failed'],
  ])('%s', async (query, code) => {
    expect(await read(query)).toMatchObject({ status: 400, body: { code } });
  });

  it('a cursor from the future', async () => {
    const { epoch } = await cms.database.selectFrom('feed_state').select('epoch').executeTakeFirstOrThrow();
    expect((await read(`after=${cursor(`${epoch}-${2n ** 62n}`)}`)).body.code).toBe('invalid_cursor');
  });
});

describe('the signal', () => {
  it('makes few notifications of many changes, and misses none', async () => {
    let release = () => {};
    const notify = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const signal = createFeedSignal(notify);
    for (let n = 0; n < 100; n += 1) signal.changed();
    expect(notify).toHaveBeenCalledTimes(1);
    release();
    await vi.waitFor(() => expect(notify).toHaveBeenCalledTimes(2), { timeout: 15_000 });
    release();
    await signal.settled();
    expect(notify).toHaveBeenCalledTimes(2);
  });

  it('does not wait for what happened before the wait', async () => {
    const signal = createFeedSignal(async () => {});
    const since = signal.wakes();
    signal.wake();
    await signal.wait(since, 60_000, new AbortController().signal);
    const ended = new AbortController();
    ended.abort();
    await signal.wait(signal.wakes(), 60_000, ended.signal);
    expect(signal.wakes()).toBe(since + 1);
  });
});
