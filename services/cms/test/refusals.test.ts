import type { TokenRequest } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  author,
  createArticle,
  defineArticle,
  editor,
  follower,
  foreigner,
  member,
  startCms,
  type TestCms,
} from './cms.ts';

let cms: TestCms;
let id: string;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
  id = (await createArticle(cms, { title: 'Members only' }, { visibility: 'members', publish: true })).id;
});
afterAll(() => cms.close());

const at = (route: string) => route.replace('{id}', id);
const entryBody = { type: 'article', fields: { title: 'x' } };

describe('who may not', () => {
  const guarded: [string, unknown][] = [
    ['GET /cms/a/types', undefined],
    ['GET /cms/a/types/article', undefined],
    ['POST /cms/a/types', { name: 'x' }],
    ['PATCH /cms/a/types/article', {}],
    ['DELETE /cms/a/types/article', undefined],
    ['POST /cms/a/entries', entryBody],
    ['PATCH /cms/a/entries/{id}', {}],
    ['DELETE /cms/a/entries/{id}', undefined],
    ['POST /cms/a/entries/{id}/publish', undefined],
    ['POST /cms/a/entries/{id}/unpublish', undefined],
  ];

  it.each([...guarded, ['GET /cms/feed', undefined], ['GET /cms/whoami', undefined]] as [string, unknown][])(
    '%s: rejects requests without a token',
    async (route, body) => {
      const answer = await cms.call(at(route), { body });
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    },
  );

  it.each([...guarded, ['GET /cms/a/entries', undefined], ['GET /cms/a/entries/{id}', undefined]] as [
    string,
    unknown,
  ][])('%s: rejects tokens of another site and without a site', async (route, body) => {
    for (const as of [foreigner, { role: 'administrator', site: null } as const]) {
      expect(await cms.call(at(route), { as, body })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
  });

  const scopes: [string, unknown, TokenRequest, string][] = [
    ['POST /cms/a/types', { name: 'x' }, editor, 'types:manage'],
    ['PATCH /cms/a/types/article', {}, editor, 'types:manage'],
    ['DELETE /cms/a/types/article', undefined, editor, 'types:manage'],
    ['POST /cms/a/entries', entryBody, member, 'content:write'],
    ['PATCH /cms/a/entries/{id}', {}, member, 'content:write'],
    ['PATCH /cms/a/entries/{id}', {}, author, 'content:edit'],
    ['DELETE /cms/a/entries/{id}', undefined, member, 'content:write'],
    ['POST /cms/a/entries/{id}/publish', undefined, author, 'content:publish'],
    ['POST /cms/a/entries/{id}/unpublish', undefined, author, 'content:publish'],
    ['GET /cms/feed', undefined, { role: 'owner' }, 'feed:read'],
    ['GET /cms/a/types', undefined, { scope: 'assets:read' }, 'content:read'],
  ];
  it.each(scopes)('%s with %o as %o: it takes %s', async (route, body, as, scope) => {
    const answer = await cms.call(at(route), { as, body });
    expect(answer).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    expect(answer.headers['www-authenticate']).toContain(`scope="${scope}"`);
  });

  it('anonymous callers and tokens without content:read see no members’ entry', async () => {
    for (const as of [undefined, { scope: 'assets:read' }]) {
      expect((await cms.call(at('GET /cms/a/entries/{id}'), { as })).body.code).toBe('entry_not_found');
      expect((await cms.call('GET /cms/a/entries', { as })).body.items).toEqual([]);
    }
    const hidden = { as: follower };
    expect((await cms.call(at('GET /cms/a/entries/{id}'), hidden)).status).toBe(403);
  });
});

describe('requests that make no sense', () => {
  const json = { 'content-type': 'application/json' };
  const raw: [string, string, string, number][] = [
    ['no JSON', '{"type":', 'malformed_json', 400],
    ['nothing', '', 'malformed_json', 400],
    ['a prototype', '{"type":"article","fields":{"title":"x","__proto__":{"a":1}}}', 'malformed_json', 400],
    [
      'a constructor with a prototype',
      '{"type":"article","fields":{"constructor":{"prototype":{}}}}',
      'malformed_json',
      400,
    ],
    ['a list', '[]', 'validation_failed', 400],
    ['an unknown member', '{"type":"article","fields":{"title":"x"},"status":"published"}', 'validation_failed', 400],
    ['a type that is a number', '{"type":1}', 'validation_failed', 400],
    ['an unknown type', '{"type":"nothing","fields":{}}', 'validation_failed', 400],
    [
      'an unknown visibility',
      '{"type":"article","visibility":"secret","fields":{"title":"x"}}',
      'validation_failed',
      400,
    ],
    ['fields that are a list', '{"type":"article","fields":[]}', 'validation_failed', 400],
    [
      'too deep a nesting',
      `{"type":"article","fields":{"tags":${'['.repeat(70)}${']'.repeat(70)}}}`,
      'json_too_deep',
      400,
    ],
    ['NUL in a text', '{"type":"article","fields":{"title":"a\\u0000b"}}', 'validation_failed', 400],
    ['half a character', '{"type":"article","fields":{"title":"a\\ud800b"}}', 'validation_failed', 400],
    ['NUL in a name', '{"type":"article","fields":{"title":"x","a\\u0000":1}}', 'malformed_json', 400],
    ['an endless number', '{"type":"article","fields":{"title":"x","rating":1e400}}', 'validation_failed', 400],
    [
      'a body of more than 1 MiB',
      `{"type":"article","fields":{"title":"${'x'.repeat(1024 * 1024)}"}}`,
      'payload_too_large',
      413,
    ],
  ];
  it.each(raw)('%s', async (_what, payload, code, status) => {
    const response = await cms.app.inject({
      method: 'POST',
      url: '/cms/sites/site-a.localhost/entries',
      headers: { ...cms.issuer.headersFor(editor), ...json },
      payload,
    });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ code, status });
    expect(response.headers['content-type']).toContain('application/problem+json');
  });

  it('refuses an entry whose fields are too large together', async () => {
    const body = { name: 'large', fields: ['a', 'b', 'c'].map((name) => ({ name, type: 'richText' })) };
    await cms.call('POST /cms/a/types', { as: admin, body });
    const text = 'x'.repeat(200_000);
    const large = { type: 'large', fields: { a: text, b: text, c: text } };
    const answer = await cms.call('POST /cms/a/entries', { as: editor, body: large });
    expect(answer).toMatchObject({ status: 413, body: { code: 'entry_too_large' } });
  });

  it.each(['nonsense', '1', '%00', "x'--", '00000000-0000-0000-0000-000000000000', 'a'.repeat(99)])(
    'the entry %s is not there',
    async (name) => {
      for (const route of ['GET', 'PATCH', 'DELETE']) {
        const answer = await cms.call(`${route} /cms/a/entries/${name}`, {
          as: editor,
          ...(route === 'PATCH' && { body: {} }),
        });
        expect([400, 404]).toContain(answer.status);
      }
    },
  );

  it('takes a body of another type for what it is', async () => {
    const headers = { ...cms.issuer.headersFor(editor), 'content-type': 'application/xml' };
    const response = await cms.app.inject({
      method: 'POST',
      url: '/cms/sites/site-a.localhost/entries',
      headers,
      payload: '{}',
    });
    expect(response.json()).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });
});

describe('the answer to "who am I"', () => {
  it('is the token as this service sees it', async () => {
    const { body } = await cms.call('GET /cms/whoami', { as: editor });
    expect(body).toMatchObject({ sub: 'u-editor', site: 'site-a.localhost', aud: ['gaia'], roles: ['editor'] });
  });
});

it('logs neither tokens nor what people write', async () => {
  const before = cms.logged.length;
  const accessToken = cms.issuer.tokenFor(editor);
  await cms.call('POST /cms/a/entries', {
    headers: { authorization: `Bearer ${accessToken}` },
    body: { type: 'article', fields: { title: 'a-very-private-title' } },
  });
  await cms.call('GET /cms/a/entries?type=article&filter[title][eq]=a-very-private-title', { as: editor });
  const lines = cms.logged.slice(before).join('');
  expect(lines).toContain('/entries');
  expect(lines).not.toContain(accessToken.slice(-40));
  expect(lines).not.toContain('private-title');
});
