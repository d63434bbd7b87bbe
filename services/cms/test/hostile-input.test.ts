import { fuzz, inProcessRequest } from '@gaia/testing/fuzz';
import { anonymousTargets, type Target, textIn } from '@gaia/testing/fuzz-targets';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, createArticle, defineArticle, SITE, startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
  await defineArticle(cms);
});
afterAll(() => cms.close());

/** Beginnings of queries, so that the parser is within each rule of the grammar when it comes to the text. */
const queries = ['{ a(x: ', '{ ...', 'query($x: ', '{ a @', 'fragment a on ', '{ a(x: "', '{ a(x: """', '{ #'].map(
  (beginning): Target => ({
    name: `POST /graphql ${beginning}`,
    request: (text) => ({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: beginning + text }),
    }),
  }),
);
const filters = ['title][eq', 'title][in', 'rating][gt', 'held_on][lt', 'tags][contains', 'related][eq'].map(
  (filter): Target => ({
    name: `GET entries by ${filter}`,
    request: (text) => ({
      method: 'GET',
      url: `/cms/sites/${SITE}/entries?type=article&filter[${filter}]=${textIn.path(text)}`,
      headers: {},
      body: undefined,
    }),
  }),
);

/** An endpoint whose token stands in the body, so that the body is read before anything is proven. */
const messages = (endpoint: string): Target[] =>
  [
    (text: string) => text,
    (text: string) => JSON.stringify({ token: text }),
    (text: string) => `{"token":${text}}`,
  ].map((body, index) => ({
    name: `POST /cms/hooks body ${index}`,
    request: (text) => ({
      method: 'POST',
      url: `/cms/hooks/${endpoint}`,
      headers: { 'content-type': 'application/json' },
      body: body(text),
    }),
  }));

it('refuses hostile text wherever an anonymous caller can put it', async () => {
  const { id } = await createArticle(cms, { title: 'Open' }, { publish: true });
  const { body } = await cms.call('POST /cms/a/webhooks', {
    as: admin,
    body: { name: 'payments', token_in: 'body', token_name: 'token', message: 'token' },
  });
  const values = { site: SITE, id, endpoint: body.id, query: '{ me { user } }' };
  const described = anonymousTargets((await cms.app.inject('/openapi.json')).json(), {
    values,
    open: ['POST /cms/hooks/{endpoint}'],
  });
  const targets = [...described, ...queries, ...filters, ...messages(body.id)];
  const { faults } = await fuzz(targets, inProcessRequest(cms.app, { 'x-gaia-site': SITE }));
  expect(faults).toEqual([]);
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'GET /cms/sites/{site}/entries query cursor',
      'POST /cms/hooks/{endpoint} path endpoint',
      'POST /graphql member query',
      'GET /cms/sites/{site}/entries header authorization',
      'POST /graphql body as application/json',
      'GET /cms/whoami bearer token',
    ]),
  );
}, 120_000);
