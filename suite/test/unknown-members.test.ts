import { dereferenced } from '@gaia/testing/dereferenced';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSuiteWithKnownKeys, type SuiteWithKnownKeys, site } from './known-keys.ts';
import { call } from './running-suite.ts';

/**
 * Every route of every service that changes something is sent a member that it does not know. A service that ignored it
 * would do something else than it was asked to: `{"publish_at": …}` must not publish at once.
 */

/** Forms of RFC 6749, which says that parameters that are not known are ignored. */
const open = ['POST /oauth/introspect', 'POST /oauth/revoke', 'POST /oauth/token'];
/** Messages of others' making, which are read by what they are signed for. */
const foreign = ['POST /cms/hooks/{endpoint}'];
/** Bytes of files, which have no members. */
const bytes = [
  'DELETE /assets/uploads/{id}',
  'PATCH /assets/uploads/{id}',
  'POST /assets/sites/{site}/uploads',
  'PUT /assets/{id}/content',
];
const exempt = new Set([...open, ...foreign, ...bytes]);
/** What stands in paths: by name of the parameter, else the id of nothing. */
const parameters: Readonly<Record<string, string>> = {
  site,
  client: 'unknown',
  role: 'unknown',
  webhook: 'u'.repeat(22),
};
const id = '00000000-0000-4000-8000-000000000001';
const JSON_TYPE = 'application/json';

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}
interface Schema {
  readonly required?: readonly string[];
}

let suite: SuiteWithKnownKeys;
beforeAll(async () => {
  suite = await runSuiteWithKnownKeys();
}, 60_000);
afterAll(() => suite?.stop());

it('are refused by every route of every service', async () => {
  const tokens = [
    suite.issuer.tokenFor({ role: 'owner' }),
    suite.issuer.tokenFor({ role: 'administrator' }),
    suite.issuer.tokenFor({ role: 'service', scope: 'feed:read subjects:erase' }),
  ];
  const answers = new Map<string, unknown>();
  for (const service of ['', 'auth', 'cms', 'assets', 'search']) {
    const port = suite.port + ['', 'auth', 'cms', 'assets', 'search'].indexOf(service);
    const base = `http://127.0.0.1:${port}`;
    const description = (await call('GET', `${base}/${service === '' ? 'docs/' : ''}openapi.json`)).json;
    const { paths } = dereferenced(description);
    for (const [path, operations] of Object.entries<Record<string, Operation>>(paths)) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const operation = operations[method.toLowerCase()];
        const name = `${method} ${path}`;
        if (operation === undefined || exempt.has(name) || answers.has(name)) continue;
        const [type = JSON_TYPE, { schema } = {}] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
        if (type !== JSON_TYPE) continue;
        const required = Object.fromEntries((schema?.required ?? []).map((member) => [member, null]));
        const url = `${base}${path.replaceAll(/\{(\w+)\}/g, (_, name) => parameters[name] ?? id)}`;
        for (const token of tokens) {
          const { status, json } = await call(method, url, { token, body: { ...required, unknown_member: true } });
          answers.set(name, `${status} ${json?.code} ${json?.errors?.[0]?.path}`);
          if (status !== 403) break;
        }
      }
    }
  }
  const others = [...answers].filter(([, answer]) => answer !== '400 validation_failed /body/unknown_member');
  expect(others).toEqual([]);
  expect(answers.size).toBeGreaterThan(60);
}, 60_000);
