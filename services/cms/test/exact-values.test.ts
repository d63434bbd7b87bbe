import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArticle, defineArticle, editor, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

const post = async (url: string, payload: string) => {
  const headers = { ...cms.issuer.headersFor(editor), 'content-type': 'application/json' };
  const response = await cms.app.inject({ method: 'POST', url, headers, payload });
  return { status: response.statusCode, body: response.json() };
};

/** Numbers that a double does not hold as they are written. */
const changed = ['1e999', '-1e999', '-0', '9007199254740993', '0.30000000000000001665', '1e-999'];

describe('a number that would be changed by being kept', () => {
  it.each(changed)('%s is refused over REST', async (source) => {
    const answer = await post(
      `/cms/sites/${SITE}/entries`,
      `{"type":"article","fields":{"title":"x","rating":${source}}}`,
    );
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: '/body/fields/rating' }] },
    });
    expect(answer.body.detail).toContain(source);
  });

  it.each(changed)('%s is refused over GraphQL, as a literal and as a variable', async (source) => {
    const url = `/graphql?site=${SITE}`;
    const literal = `mutation { create_article(fields: {title: "x", rating: ${source}}) { seq } }`;
    const asLiteral = await post(url, JSON.stringify({ query: literal }));
    expect(asLiteral).toMatchObject({ status: 400, body: { errors: [{ extensions: { code: 'validation_failed' } }] } });
    const query = 'mutation ($rating: Float) { create_article(fields: {title: "x", rating: $rating}) { seq } }';
    const asVariable = await post(url, `{"query":${JSON.stringify(query)},"variables":{"rating":${source}}}`);
    expect(asVariable).toMatchObject({ status: 400, body: { errors: [{ path: '/body/variables/rating' }] } });
  });

  it('leaves nothing behind', async () => {
    const { body } = await cms.call('GET /cms/a/entries', { as: editor });
    expect(body.items).toEqual([]);
  });
});

it('publishes nothing at once that is asked for at another time', async () => {
  const { id } = await createArticle(cms, { title: 'Later' });
  for (const action of ['publish', 'unpublish']) {
    const answer = await cms.call(`POST /cms/a/entries/${id}/${action}`, {
      as: editor,
      body: { publish_at: '2030-01-01T00:00:00Z' },
    });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: '/body/publish_at' }] } });
  }
  expect((await cms.call(`GET /cms/a/entries/${id}`, { as: editor })).body.status).toBe('draft');
});
