import type { TokenRequest } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  admin,
  author,
  createArticle,
  defineArticle,
  editor,
  foreigner,
  member,
  OTHER_SITE,
  SITE,
  startCms,
  type TestCms,
} from './cms.ts';
import { senderToken } from './webhooks/sender.ts';

const owner: TokenRequest = { role: 'owner', subject: 'u-owner', sessionId: 'sid-of-owner' };
/** The owner, for whom a service account acts. */
const delegate: TokenRequest = { ...owner, claims: { act: { sub: 'night-job' } } };
const administrator: TokenRequest = { role: 'administrator', subject: 'u-root', site: SITE };
/** Stands for everything that people write: none of it belongs into the log. */
const written = 'xyzzy-user-content';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  await cms.call('POST /cms/a/products', { as: admin, body: { id: 'course', name: 'Course' } });
});
afterAll(() => cms.close());

const audit = (query: string, as: TokenRequest = owner) => cms.call(`GET /cms/audit?${query}`, { as });
const newest = async (query: string, as?: TokenRequest) => (await audit(`limit=1&${query}`, as)).body.items[0];

describe('the audit log of content', () => {
  /** Makes what an event is about; gives what is then done, and its target. */
  type Prepare = () => Promise<{ act(as: TokenRequest): Promise<Answer>; target?: string; details: object }>;
  const article = () => createArticle(cms, { title: written });
  const lately = async (name: string) =>
    (await cms.call('POST /cms/a/types', { as: admin, body: { name, fields: [{ name: 'a', type: 'text' }] } })).body;
  const webhook = async () => (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: written } })).body;

  const cases: Readonly<Record<string, Prepare>> = {
    'entry.create': async () => ({
      act: (as) =>
        cms.call('POST /cms/a/entries', {
          as,
          body: { type: 'article', visibility: 'roles', roles: ['editor'], fields: { title: written, rating: 3 } },
        }),
      details: { type: 'article', fields: ['title', 'rating', 'featured'], visibility: 'roles', roles: ['editor'] },
    }),
    'entry.change': async () => {
      const { id } = await article();
      const body = { fields: { title: `${written} again`, body: written } };
      return {
        act: (as) => cms.call(`PATCH /cms/a/entries/${id}`, { as, body }),
        target: id,
        details: { type: 'article', fields: ['title', 'body'] },
      };
    },
    'entry.publish': async () => {
      const { id } = await article();
      return {
        act: (as) => cms.call(`POST /cms/a/entries/${id}/publish`, { as }),
        target: id,
        details: { type: 'article' },
      };
    },
    'entry.unpublish': async () => {
      const { id } = await createArticle(cms, { title: written }, { publish: true });
      return {
        act: (as) => cms.call(`POST /cms/a/entries/${id}/unpublish`, { as }),
        target: id,
        details: { type: 'article' },
      };
    },
    'entry.remove': async () => {
      const { id } = await article();
      return {
        act: (as) => cms.call(`DELETE /cms/a/entries/${id}`, { as }),
        target: id,
        details: { type: 'article', published: false },
      };
    },
    'type.create': async () => ({
      act: (as) =>
        cms.call('POST /cms/a/types', { as, body: { name: 'note', fields: [{ name: 'text', type: 'text' }] } }),
      details: { name: 'note', fields: ['text'] },
    }),
    'type.change': async () => {
      const { id, fields } = await lately('memo');
      const body = {
        name: 'memorandum',
        fields: [
          { ...fields[0], readable_by: ['editor'] },
          { name: 'b', type: 'text' },
        ],
      };
      return {
        act: (as) => cms.call('PATCH /cms/a/types/memo', { as, body }),
        target: id,
        details: {
          name: 'memorandum',
          renamed_from: 'memo',
          added: ['b'],
          changed: ['a'],
          access_changed: ['a'],
          removed: [],
        },
      };
    },
    'type.remove': async () => {
      const { id } = await lately('list');
      return { act: (as) => cms.call('DELETE /cms/a/types/list', { as }), target: id, details: { name: 'list' } };
    },
    'product.create': async () => ({
      act: (as) => cms.call('POST /cms/a/products', { as, body: { id: 'book', name: written } }),
      target: 'book',
      details: {},
    }),
    'product.change': async () => ({
      act: (as) => cms.call('PATCH /cms/a/products/course', { as, body: { name: written } }),
      target: 'course',
      details: {},
    }),
    'product.remove': async () => {
      await cms.call('POST /cms/a/products', { as: admin, body: { id: 'old', name: 'Old' } });
      return { act: (as) => cms.call('DELETE /cms/a/products/old', { as }), target: 'old', details: {} };
    },
    'entitlement.grant': async () => ({
      act: (as) => cms.call('PUT /cms/a/entitlements/u-1/course', { as }),
      target: 'u-1',
      details: { product: 'course', source: 'manual', changed: true },
    }),
    'entitlement.withdraw': async () => {
      await cms.call('PUT /cms/a/entitlements/u-2/course', { as: admin });
      return {
        act: (as) => cms.call('DELETE /cms/a/entitlements/u-2/course', { as }),
        target: 'u-2',
        details: { product: 'course', source: 'manual', changed: true },
      };
    },
    'webhook.create': async () => ({
      act: (as) => cms.call('POST /cms/a/webhooks', { as, body: { name: written } }),
      details: {},
    }),
    'webhook.change': async () => {
      const { id } = await webhook();
      return {
        act: (as) => cms.call(`PATCH /cms/a/webhooks/${id}`, { as, body: { name: written, enabled: false } }),
        target: id,
        details: { fields: ['name', 'enabled'], enabled: false },
      };
    },
    'webhook.rotate': async () => {
      const { id } = await webhook();
      const body = { overlap_seconds: 60, secret: `${written} ${'x'.repeat(32)}` };
      return {
        act: (as) => cms.call(`POST /cms/a/webhooks/${id}/rotate`, { as, body }),
        target: id,
        details: { overlap_seconds: 60 },
      };
    },
    'webhook.remove': async () => {
      const { id } = await webhook();
      return { act: (as) => cms.call(`DELETE /cms/a/webhooks/${id}`, { as }), target: id, details: {} };
    },
  };

  /** Routes that return a secret reject tokens with an actor. */
  const inPerson = ['webhook.create', 'webhook.rotate'];

  it.each(Object.entries(cases))('tells of %s: who, for whom, what, and from where', async (action, prepare) => {
    const { act, target, details } = await prepare();
    const isDelegated = !inPerson.includes(action);
    const answer = await act(isDelegated ? delegate : owner);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expect(await newest('')).toEqual({
      seq: expect.any(Number),
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      at: expect.any(String),
      action,
      outcome: 'ok',
      actor: 'u-owner',
      acting_party: isDelegated ? 'night-job' : null,
      session: 'sid-of-owner',
      address: '127.0.0.1',
      request_id: answer.headers['x-request-id'],
      site: SITE,
      target: target ?? answer.body.id,
      details,
    });
  });

  it('tells of changes by GraphQL as of others', async () => {
    const query = `mutation { create_article(fields: {title: "${written}"}) { entry { id } } }`;
    const answer = await cms.call('POST /graphql', { as: delegate, body: { query } });
    expect(await newest('')).toMatchObject({
      action: 'entry.create',
      target: answer.body.data.create_article.entry.id,
      actor: 'u-owner',
      acting_party: 'night-job',
    });
  });

  it('tells of a payment by its endpoint, once', async () => {
    const hook = await webhook();
    const body = JSON.stringify({ type: 'payment.succeeded', user: 'u-3', product: 'course', payment: 'p-1' });
    const authorization = `Bearer ${senderToken({ secret: hook.secret, body, now: cms.issuer.now() })}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const deliver = () => cms.call(`POST /cms/hooks/${hook.id}`, { body, headers });
    expect((await deliver()).body.outcome).toBe('applied');
    expect((await deliver()).body.outcome).toBe('duplicate');
    const { items } = (await audit('target=u-3')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      action: 'entitlement.grant',
      actor: `webhook ${hook.id}`,
      session: null,
      address: '127.0.0.1',
      details: { product: 'course', source: `payment ${hook.id} p-1`, changed: true },
    });
  });

  it('has nothing of what changed nothing', async () => {
    const { id } = await createArticle(cms, { title: written }, { publish: true });
    const { seq } = await newest('');
    await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    await cms.call(`PATCH /cms/a/entries/${id}`, { as: editor, body: { fields: { title: written } } });
    const conflict = await cms.call(`DELETE /cms/a/entries/${id}`, { as: editor, headers: { 'if-match': '"99"' } });
    expect(conflict.status).toBe(412);
    await cms.call('POST /cms/a/types', { as: admin, body: { name: 'article' } });
    expect((await newest('')).seq).toBe(seq);
  });

  it('holds no value and no secret, and proves itself', async () => {
    const all = (await audit('limit=100')).body.items;
    const kinds = new Set(all.map(({ action }: { action: string }) => action.split('.')[0]));
    expect([...kinds].toSorted()).toEqual(['entitlement', 'entry', 'product', 'type', 'webhook']);
    expect(JSON.stringify(all)).not.toContain(written);
    const { body } = await cms.call('POST /cms/audit/verify', { as: administrator, body: {} });
    expect(body).toMatchObject({ intact: true, fault: null, next: null });
  });

  it('shows each site its own', async () => {
    await cms.call('POST /cms/b/products', { as: foreigner, body: { id: 'theirs', name: 'Theirs' } });
    const sitesOf = async (query: string, as: TokenRequest) =>
      new Set((await audit(`limit=100${query}`, as)).body.items.map(({ site }: { site: string }) => site));
    expect(await sitesOf('', owner)).toEqual(new Set([SITE]));
    expect(await sitesOf('', foreigner)).toEqual(new Set([OTHER_SITE]));
    expect(await sitesOf('', administrator)).toEqual(new Set([SITE, OTHER_SITE]));
    expect(await sitesOf(`&site=${OTHER_SITE}`, administrator)).toEqual(new Set([OTHER_SITE]));
  });

  const roleless: TokenRequest = { roles: ['auditor'], scope: 'content:read', subject: 'u-x' };
  it.each<[string, TokenRequest | undefined, string, number, string]>([
    ['no token', undefined, '', 401, 'token_missing'],
    ['a member', member, '', 403, 'insufficient_scope'],
    ['an author', author, '', 403, 'insufficient_scope'],
    ['an editor', editor, '', 403, 'insufficient_scope'],
    ['a role without the permission', roleless, '', 403, 'insufficient_scope'],
    ['a service', { role: 'service' }, '', 403, 'insufficient_scope'],
    ['an owner of another site', foreigner, `site=${SITE}`, 403, 'forbidden'],
    ['a token without a site', { ...owner, site: null }, '', 403, 'forbidden'],
    ['an odd cursor', owner, 'cursor=x', 400, 'invalid_cursor'],
    ['an unknown filter', owner, 'x=1', 400, 'validation_failed'],
  ])('refuses %s', async (_who, as, query, status, code) => {
    const { body } = await cms.call(`GET /cms/audit?${query}`, { as });
    expect(body).toMatchObject({ status, code });
  });

  it('lets administrators of the installation alone verify it', async () => {
    for (const as of [owner, member]) {
      const { body } = await cms.call('POST /cms/audit/verify', { as, body: {} });
      expect(body).toMatchObject({ status: 403, code: 'insufficient_scope' });
    }
  });
});

describe('an entry', () => {
  const titleOnly = { title: 'Who was it?' };

  it('tells those who may change it who did last, and who acted for them', async () => {
    const { id } = await createArticle(cms, titleOnly, { as: author });
    const read = async (as?: TokenRequest) => (await cms.call(`GET /cms/a/entries/${id}`, { as })).body;
    expect(await read(editor)).toMatchObject({ author: 'u-author', updated_by: 'u-author', updated_via: null });
    const changed = await cms.call(`PATCH /cms/a/entries/${id}`, { as: delegate, body: { fields: { rating: 1 } } });
    const last = { updated_by: 'u-owner', updated_via: 'night-job' };
    expect(changed.body).toMatchObject(last);
    expect(await read(author)).toMatchObject(last);
    await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    expect(await read(owner)).toMatchObject({ updated_by: 'u-editor', updated_via: null });
    const [listed] = (await cms.call('GET /cms/a/entries?limit=1', { as: owner })).body.items;
    expect(listed).toMatchObject({ id, updated_by: 'u-editor', updated_via: null });
    const query = `{ article(id: "${id}") { updated_by updated_via } }`;
    const { data } = (await cms.call('POST /graphql', { as: owner, body: { query } })).body;
    expect(data.article).toEqual({ updated_by: 'u-editor', updated_via: null });
  });

  it.each<[string, TokenRequest | undefined]>([
    ['anonymous readers', undefined],
    ['members', member],
    ['authors of others', { ...author, subject: 'u-other-author' }],
  ])('tells %s nothing of it', async (_who, as) => {
    const { id } = await createArticle(cms, titleOnly, { as: editor, publish: true });
    const { body } = await cms.call(`GET /cms/a/entries/${id}`, { as });
    expect(body.fields.title).toBe(titleOnly.title);
    expect(Object.keys(body)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^updated_(by|via)$/)]));
    const query = `{ article(id: "${id}") { updated_by updated_via } }`;
    const graph = await cms.call(`POST /graphql?site=${SITE}`, { as, body: { query } });
    expect(graph.body.data.article).toEqual({ updated_by: null, updated_via: null });
  });

  it('of earlier versions has no actor', async () => {
    const { id } = await createArticle(cms, titleOnly);
    await cms.database.updateTable('entries').set({ updated_by: null }).where('id', '=', id).execute();
    const { body } = await cms.call(`GET /cms/a/entries/${id}`, { as: editor });
    expect(body).toMatchObject({ updated_by: null, updated_via: null });
  });

  it('keeps a field of its type that has such a name, and gets no new one', async () => {
    const fields = [
      { name: 'title', type: 'text' },
      { name: 'changer', type: 'number' },
    ];
    const made = (await cms.call('POST /cms/a/types', { as: admin, body: { name: 'older', fields } })).body;
    const named = made.fields.map((field: { name: string }) =>
      field.name === 'changer' ? { ...field, name: 'updated_by' } : field,
    );
    const renamed = await cms.call('PATCH /cms/a/types/older', { as: admin, body: { fields: named } });
    expect(renamed.body).toMatchObject({ status: 400, code: 'validation_failed' });
    // As a version wrote it that had no such member.
    await cms.database
      .updateTable('content_types')
      .set({ fields: JSON.stringify(named) })
      .where('name', '=', 'older')
      .execute();
    const again = await cms.call('PATCH /cms/a/types/older', { as: admin, body: { label: 'Older', fields: named } });
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    const body = { type: 'older', fields: { title: 'Old', updated_by: 7 } };
    const { id } = (await cms.call('POST /cms/a/entries', { as: editor, body })).body;
    const query = `{ older(id: "${id}") { title updated_by } }`;
    const graph = await cms.call('POST /graphql', { as: editor, body: { query } });
    expect(graph.body.data.older).toEqual({ title: 'Old', updated_by: 7 });
  });
});
