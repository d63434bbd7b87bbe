import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { author, createArticle, defineArticle, editor, foreigner, member, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

describe('an entry', () => {
  it('is created and published in one request by who may publish', async () => {
    const body = { type: 'article', fields: { title: 'At once' }, publish: true };
    const created = await cms.call('POST /cms/a/entries', { as: editor, body });
    expect(created).toMatchObject({ status: 201, body: { status: 'published', version: 1, changed: false } });
    const read = await cms.call(`GET /cms/a/entries/${created.body.id}`);
    expect(read.body).toMatchObject({
      fields: { title: 'At once' },
      version: 1,
      published_at: created.body.created_at,
    });
    expect((await cms.call(`POST /cms/a/entries/${created.body.id}/publish`, { as: editor })).body.version).toBe(1);
    const refused = await cms.call('POST /cms/a/entries', { as: author, body });
    expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    await cms.call(`DELETE /cms/a/entries/${created.body.id}`, { as: editor });
  });

  it('is created as a draft with its defaults, and read by its author', async () => {
    const created = await cms.call('POST /cms/a/entries', {
      as: author,
      body: {
        type: 'article',
        fields: { title: 'Hello', held_on: '2026-05-01T12:00:00+02:00', place: { city: 'Rome' } },
      },
    });
    expect(created.status).toBe(201);
    expect(created.headers.etag).toMatch(/^"1\.[\w-]+"$/);
    expect(created.headers.location).toBe(`/cms/sites/site-a.localhost/entries/${created.body.id}`);
    expect(created.body).toMatchObject({
      site: 'site-a.localhost',
      type: 'article',
      status: 'draft',
      visibility: 'public',
      author: 'u-author',
      version: 1,
      changed: false,
      published_at: null,
      seq: expect.stringMatching(/^\d+$/),
    });
    expect(created.body.fields).toEqual({
      title: 'Hello',
      held_on: '2026-05-01T10:00:00.000Z',
      place: { city: 'Rome' },
      featured: false,
    });
    const { seq: _, ...entry } = created.body;
    const read = await cms.call(`GET /cms/a/entries/${entry.id}`, { as: author });
    expect(read.body).toEqual(entry);
  });

  it('is merged by PATCH: named fields are replaced, null takes one away, the rest stays', async () => {
    const { id } = await createArticle(cms, {
      title: 'One',
      body: 'text',
      tags: ['a', 'b'],
      place: { city: 'Rome', zip: '1' },
    });
    const changed = await cms.call(`PATCH /cms/a/entries/${id}`, {
      as: editor,
      body: { fields: { body: null, tags: ['c'], place: { city: 'Oslo' } } },
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ version: 2 });
    expect(changed.body.fields).toEqual({ title: 'One', tags: ['c'], place: { city: 'Oslo' }, featured: false });
  });

  it('is left alone by a change that changes nothing', async () => {
    const created = await createArticle(cms, { title: 'Same' });
    const again = await cms.call(`PATCH /cms/a/entries/${created.id}`, {
      as: editor,
      body: { fields: { title: 'Same' } },
    });
    expect(again.body).toEqual(created);
  });

  it('is deleted with 204 and its position in the feed', async () => {
    const { id, seq } = await createArticle(cms, { title: 'Gone' });
    const removed = await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor });
    expect(removed.status).toBe(204);
    expect(BigInt(String(removed.headers['gaia-seq']))).toBeGreaterThan(BigInt(seq));
    expect((await cms.call(`GET /cms/a/entries/${id}`, { as: editor })).body.code).toBe('entry_not_found');
  });

  it('keeps unique values apart, also at the same time, and frees them with the entry', async () => {
    const body = { type: 'article', fields: { title: 'U', slug: 'only-one' } };
    const racing = await Promise.all(
      Array.from({ length: 5 }, () => cms.call('POST /cms/a/entries', { as: editor, body })),
    );
    expect(racing.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
    const refused = racing.find((answer) => answer.status === 409);
    expect(refused?.body).toMatchObject({ code: 'value_not_unique', errors: [{ path: '/body/fields/slug' }] });
    const winner = racing.find((answer) => answer.status === 201)?.body;
    await cms.call(`DELETE /cms/a/entries/${winner.id}`, { as: editor });
    expect((await cms.call('POST /cms/a/entries', { as: editor, body })).status).toBe(201);
  });

  it('keeps the unique value of its published copy while the working copy has another', async () => {
    const { id } = await createArticle(cms, { title: 'K', slug: 'kept' }, { publish: true });
    await cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body: { fields: { slug: 'moved' } } });
    const create = (slug: string) =>
      cms.call('POST /cms/a/entries', { as: editor, body: { type: 'article', fields: { title: 'x', slug } } });
    expect((await create('kept')).status).toBe(409);
    expect((await create('moved')).status).toBe(409);
    await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    expect((await create('kept')).status).toBe(201);
  });
});

describe('publishing', () => {
  it('shows readers the published copy while editors go on with the working copy', async () => {
    const { id } = await createArticle(cms, { title: 'First' }, { as: author, publish: true });
    const edited = await cms.call(`PATCH /cms/a/entries/${id}`, { as: author, body: { fields: { title: 'Second' } } });
    expect(edited.body).toMatchObject({ status: 'published', changed: true, version: 3 });
    for (const as of [undefined, member]) {
      const { body, headers } = await cms.call(`GET /cms/a/entries/${id}`, { as });
      expect(body).toMatchObject({ fields: { title: 'First' }, changed: false, version: 2 });
      expect(headers.etag).toMatch(/^"2\.[\w-]+"$/);
      expect(body.updated_at).toBe(body.published_at);
    }
    for (const as of [author, editor]) {
      expect((await cms.call(`GET /cms/a/entries/${id}`, { as })).body.fields.title).toBe('Second');
    }
    const again = await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    expect(again.body.published_at).toBe(edited.body.published_at);
    expect((await cms.call(`GET /cms/a/entries/${id}`)).body.fields.title).toBe('Second');
  });

  it('is idempotent, and so is unpublishing', async () => {
    const { id } = await createArticle(cms, { title: 'Twice' });
    const steps = ['publish', 'publish', 'unpublish', 'unpublish'];
    const answers = [];
    for (const step of steps) answers.push((await cms.call(`POST /cms/a/entries/${id}/${step}`, { as: editor })).body);
    expect(answers.map((answer) => answer.version)).toEqual([2, 2, 3, 3]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[3]).toEqual(answers[2]);
    expect(answers[3]).toMatchObject({ status: 'draft', published_at: null, fields: { title: 'Twice' } });
    expect((await cms.call(`GET /cms/a/entries/${id}`)).status).toBe(404);
  });

  it('checks the working copy by the type as it is now', async () => {
    const type = { name: 'note', fields: [{ name: 'text', type: 'text' }] };
    await cms.call('POST /cms/a/types', { as: { role: 'admin' }, body: type });
    const { body } = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'note', fields: {} } });
    const fields = [{ name: 'text', type: 'text', required: true }];
    await cms.call('PATCH /cms/a/types/note', { as: { role: 'admin' }, body: { fields } });
    const refused = await cms.call(`POST /cms/a/entries/${body.id}/publish`, { as: editor });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: '/body/fields/text' }] },
    });
  });
});

describe('visibility', () => {
  it('opens published entries to everybody or to members', async () => {
    const open = await createArticle(cms, { title: 'Open' }, { publish: true });
    const inside = await createArticle(cms, { title: 'Inside' }, { visibility: 'members', publish: true });
    const draft = await createArticle(cms, { title: 'Draft' }, { as: author });
    const status = async (id: string, as?: object) => (await cms.call(`GET /cms/a/entries/${id}`, { as })).status;
    expect(await status(open.id)).toBe(200);
    expect(await status(inside.id)).toBe(404);
    expect(await status(draft.id)).toBe(404);
    expect(await status(inside.id, member)).toBe(200);
    expect(await status(draft.id, member)).toBe(404);
    expect(await status(draft.id, { ...author, subject: 'u-other' })).toBe(404);
    expect(await status(draft.id, author)).toBe(200);
    expect(await status(draft.id, editor)).toBe(200);
    expect(await status(open.id, foreigner)).toBe(403);
  });

  it('takes effect at once, and changes what readers get', async () => {
    const { id } = await createArticle(cms, { title: 'V' }, { publish: true });
    const before = await cms.call(`GET /cms/a/entries/${id}`);
    const unchanged = await cms.call(`GET /cms/a/entries/${id}`, {
      headers: { 'if-none-match': String(before.headers.etag) },
    });
    expect(unchanged).toMatchObject({ status: 304, body: '' });
    await cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body: { visibility: 'members' } });
    expect((await cms.call(`GET /cms/a/entries/${id}`)).status).toBe(404);
    const inside = await cms.call(`GET /cms/a/entries/${id}`, { as: member });
    expect(inside.headers.etag).not.toBe(before.headers.etag);
    expect(inside.body).toMatchObject({ visibility: 'members', changed: false });
  });

  it.each([
    [
      'changing the visibility of',
      (id: string) => cms.call(`PATCH /cms/a/entries/${id}`, { as: author, body: { visibility: 'members' } }),
    ],
    ['deleting', (id: string) => cms.call(`DELETE /cms/a/entries/${id}`, { as: author })],
    ['unpublishing', (id: string) => cms.call(`POST /cms/a/entries/${id}/unpublish`, { as: author })],
  ])('%s what is published needs content:publish of its author too', async (_name, act) => {
    const { id } = await createArticle(cms, { title: 'P' }, { as: author, publish: true });
    const refused = await act(id);
    expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    expect(refused.headers['www-authenticate']).toContain('scope="content:publish"');
  });

  it('does not let authors change what is of others', async () => {
    const open = await createArticle(cms, { title: 'Not yours' }, { publish: true });
    const hidden = await createArticle(cms, { title: 'Not yours either' });
    const act = (id: string) =>
      cms.call(`PATCH /cms/a/entries/${id}`, { as: author, body: { fields: { title: 'Mine' } } });
    expect((await act(open.id)).body.code).toBe('insufficient_scope');
    expect((await act(hidden.id)).body.code).toBe('entry_not_found');
  });
});

describe('references', () => {
  it('lead to entries that the caller may read, and keep those', async () => {
    const target = await createArticle(cms, { title: 'Target' });
    const refused = await cms.call('POST /cms/a/entries', {
      as: author,
      body: { type: 'article', fields: { title: 'From', related: target.id } },
    });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: '/body/fields/related' }] } });
    const from = await createArticle(cms, { title: 'From', related: target.id.toUpperCase() });
    expect(from.fields.related).toBe(target.id);
    expect((await cms.call(`DELETE /cms/a/entries/${target.id}`, { as: editor })).body.code).toBe('entry_in_use');
    const kept = await cms.call(`PATCH /cms/a/entries/${from.id}`, {
      as: editor,
      body: { fields: { title: 'Still' } },
    });
    expect(kept.body.fields).toMatchObject({ title: 'Still', related: target.id });
  });
});

describe('If-Match', () => {
  it('refuses a change upon an older version, naming what differs', async () => {
    const { id } = await createArticle(cms, { title: 'T', body: 'B' });
    const read = await cms.call(`GET /cms/a/entries/${id}`, { as: editor });
    await cms.call(`PATCH /cms/a/entries/${id}`, {
      as: editor,
      body: { fields: { body: 'B2' }, visibility: 'members' },
    });
    const refused = await cms.call(`PATCH /cms/a/entries/${id}`, {
      as: editor,
      body: { fields: { title: 'T2' } },
      headers: { 'if-match': String(read.headers.etag) },
    });
    expect(refused.status).toBe(412);
    expect(refused.body).toMatchObject({ code: 'version_conflict', current_version: 2, fields: ['body'] });
    expect(refused.body.errors.map((part: { path: string }) => part.path)).toEqual([
      '/body/fields/body',
      '/body/visibility',
    ]);
  });

  it.each(['"2.1"', '"2"', 'W/"2.1"', '*', '"1", "2.7"'])('%s lets a change upon version 2 through', async (tag) => {
    const { id } = await createArticle(cms, { title: 'T' }, { publish: true });
    const headers = { 'if-match': tag };
    const answer = await cms.call(`PATCH /cms/a/entries/${id}`, {
      as: editor,
      body: { fields: { title: 'N' } },
      headers,
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['"other"', 412],
    ['"1"', 412],
    ['"3"', 412],
    ['2', 400],
    ['"2', 400],
  ])('%s is refused with %i', async (tag, status) => {
    const { id } = await createArticle(cms, { title: 'T' }, { publish: true });
    for (const route of [
      `PATCH /cms/a/entries/${id}`,
      `POST /cms/a/entries/${id}/unpublish`,
      `DELETE /cms/a/entries/${id}`,
    ]) {
      const body = route.startsWith('PATCH') ? { fields: { title: 'N' } } : undefined;
      expect((await cms.call(route, { as: editor, body, headers: { 'if-match': tag } })).status).toBe(status);
    }
  });

  it('lets one of many writers of the same version through', async () => {
    const { id } = await createArticle(cms, { title: 'Start' });
    const headers = { 'if-match': '"1.1"' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body: { fields: { title: `Writer ${index}` } }, headers }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});
