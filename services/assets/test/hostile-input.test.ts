import { fuzz, inProcessRequest } from '@gaia/testing/fuzz';
import { anonymousTargets, type Target } from '@gaia/testing/fuzz-targets';
import { expect, it } from 'vitest';
import { AUTHOR, startAssets } from './assets-service.ts';
import { BOUNDARY, formType } from './form.ts';

/** Positions within a form. Uploads need a token, so an author is the attacker of the form parser. */
const forms: readonly [name: string, form: (text: string) => string][] = [
  ['a form', (text) => text],
  ['a part', (text) => `--${BOUNDARY}\r\n${text}`],
  ['a header of a part', (text) => part(`content-disposition: ${text}\r\ncontent-type: ${text}`, 'a')],
  ['a file’s name', (text) => part(`content-disposition: form-data; name="file"; filename="${text}"`, 'a')],
  ['a field', (text) => part('content-disposition: form-data; name="visibility"', text)],
];
const part = (head: string, content: string) => `--${BOUNDARY}\r\n${head}\r\n\r\n${content}\r\n--${BOUNDARY}--\r\n`;

it('refuses hostile text wherever an anonymous caller can put it, and in forms', async () => {
  const { app, issuer, textFile } = await startAssets();
  const id = await textFile('content', { visibility: 'public' });
  const headers = { ...issuer.headersFor(AUTHOR), ...formType };
  const targets: Target[] = [
    ...anonymousTargets((await app.inject('/openapi.json')).json(), {
      values: { site: 'site-a.localhost', id, ids: id },
    }),
    ...forms.map(([name, form]) => ({
      name,
      request: (text: string) => ({
        method: 'POST',
        url: '/assets/sites/site-a.localhost/files',
        headers,
        body: form(text),
      }),
    })),
  ];
  const { faults } = await fuzz(targets, inProcessRequest(app));
  expect(faults).toEqual([]);
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'GET /assets/{id} query token',
      'GET /assets/{id} path id',
      'GET /assets/{id} header range',
      'GET /assets/whoami bearer token',
    ]),
  );
}, 120_000);
