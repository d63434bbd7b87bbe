import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, createArticle, defineArticle, editor, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

async function variantsOf(id: string) {
  const { rows } = await sql<Record<string, unknown>>`
    select v.*, v.list % 2 = 1 as published from entry_variants v where entry_id = ${id} order by list`.execute(
    cms.database,
  );
  return rows;
}

async function slotsOfArticle(): Promise<Record<string, string>> {
  const { body } = await cms.call('GET /cms/a/types/article', { as: admin });
  const { rows } = await sql<{ slots: Record<string, string> }>`
    select slots from content_types where site = ${SITE} and name = 'article'`.execute(cms.database);
  const named = body.fields.map((field: { id: string; name: string }) => [field.name, rows[0]?.slots[field.id]]);
  return Object.fromEntries(named);
}

const indexStatus = async () => (await cms.call('GET /cms/a/types/article', { as: admin })).body.index_status;

describe('variants of an entry', () => {
  it('follow what is saved, published, unpublished and deleted', async () => {
    const slots = await slotsOfArticle();
    const { id } = await createArticle(cms, { title: 'Éclair', rating: 2.5, tags: ['x', 'y'], featured: true });
    const draft = {
      published: false,
      author: 'u-editor',
      access_class: 1,
      [slots.title as string]: 'eclair\u0001Éclair',
      [slots.rating as string]: '2.5',
      [slots.featured as string]: 'true',
      [slots.topic as string]: '',
      items: [expect.stringMatching(/^\d+ \w+ x$/), expect.stringMatching(/ y$/)],
    };
    expect(await variantsOf(id)).toMatchObject([draft]);

    await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    await cms.call(`PATCH /cms/a/entries/${id}`, {
      as: editor,
      body: { visibility: 'members', fields: { rating: null } },
    });
    expect(await variantsOf(id)).toMatchObject([
      { ...draft, access_class: 2, [slots.rating as string]: 'NaN' },
      { ...draft, access_class: 2, published: true, items: draft.items },
    ]);

    await cms.call(`POST /cms/a/entries/${id}/unpublish`, { as: editor });
    expect(await variantsOf(id)).toHaveLength(1);
    await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor });
    expect(await variantsOf(id)).toEqual([]);
  });

  it('of entries from before are written in the background, and the type says so', async () => {
    const { id } = await createArticle(cms, { title: 'Old' }, { publish: true });
    const saved = await variantsOf(id);
    await sql`delete from entry_variants`.execute(cms.database);
    await sql`insert into variant_fills (site, type_id) select site, id from content_types`.execute(cms.database);
    expect(await indexStatus()).toBe('building');
    await cms.refresh();
    expect(await indexStatus()).toBe('ready');
    expect(await variantsOf(id)).toEqual(saved);
  });

  it('are written anew when the fields of the type change', async () => {
    const { id } = await createArticle(cms, { title: 'Kept', rating: 4 });
    const { body: type } = await cms.call('GET /cms/a/types/article', { as: admin });
    const rating = type.fields.find(({ name }: { name: string }) => name === 'rating');
    const fields = [
      ...type.fields.filter(({ name }: { name: string }) => name !== 'rating'),
      { name: 'price', type: 'number' },
    ];
    expect(
      (await cms.call('PATCH /cms/a/types/article', { as: admin, body: { fields, remove: [rating.id] } })).body,
    ).toMatchObject({
      index_status: 'building',
    });
    await cms.refresh();
    const slots = await slotsOfArticle();
    expect(await variantsOf(id)).toMatchObject([
      { [slots.price as string]: 'NaN', [slots.title as string]: 'kept\u0001Kept' },
    ]);
  });

  it('hold as many fields as there are slots', async () => {
    const fields = Array.from({ length: 12 }, (_, n) => ({ name: `f${n}`, type: 'number' }));
    const defined = await cms.call('POST /cms/a/types', { as: admin, body: { name: 'wide', fields } });
    expect(defined.body.index_status).toBe('ready');
    const values = Object.fromEntries(fields.map(({ name }, n) => [name, n]));
    const created = await cms.call('POST /cms/a/entries', { as: editor, body: { type: 'wide', fields: values } });
    expect(await variantsOf(created.body.id)).toMatchObject([{ n1: '0', n8: '7', s1: null }]);
  });
});
