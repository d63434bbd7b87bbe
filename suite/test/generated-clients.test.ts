import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { site } from './known-keys.ts';
import { call, password, type RunningSuite, runSuite } from './running-suite.ts';

/** Clients that public generators make of the suite's document: they compile, refuse wrong programs, and work. */

const installed = join(import.meta.dirname, '..', 'generated-clients', 'node_modules');
const run = promisify(execFile);

const openapiFetch = `
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

export async function main(url: string, password: string) {
  const api = createClient<paths>({ baseUrl: url });
  const email = 'admin@localhost';
  const refused = await api.POST('/auth/login', { body: { email, password: 'wrong-horse-battery' } });
  const code = refused.response.status === 401 ? refused.error?.code : undefined;
  const { data } = await api.POST('/auth/login', { body: { email, password, site: '${site}' } });
  const headers = { authorization: \`Bearer \${data?.access_token}\` };
  const params = { path: { site: '${site}' }, query: { type: 'article' } };
  const { data: list } = await api.GET('/cms/sites/{site}/entries', { params, headers });
  const entries: components['schemas']['Entry'][] = list?.items ?? [];
  // @ts-expect-error: a password is missing
  void (() => api.POST('/auth/login', { body: { email } }));
  // @ts-expect-error: there is no such route
  void (() => api.GET('/cms/sites/{site}/entrys', { params }));
  // @ts-expect-error: an entry has no such member
  void entries[0]?.heading;
  return { code, entries: entries.length };
}
`;

const heyApi = `
import { client } from './hey/client.gen.ts';
import { listEntries, login } from './hey/sdk.gen.ts';

export async function main(url: string, password: string) {
  client.setConfig({ baseUrl: url });
  const email = 'admin@localhost';
  const refused = await login({ body: { email, password: 'wrong-horse-battery' } });
  const code = refused.error?.code;
  const { data } = await login({ body: { email, password, site: '${site}' } });
  const auth = () => data?.access_token ?? '';
  const list = await listEntries({ auth, path: { site: '${site}' }, query: { type: 'article' } });
  // @ts-expect-error: a password is missing
  void (() => login({ body: { email } }));
  // @ts-expect-error: a site is missing
  void (() => listEntries({ auth, path: {} }));
  // @ts-expect-error: an entry has no such member
  void list.data?.items[0]?.heading;
  return { code, entries: list.data?.items.length };
}
`;

const heyConfig = `export default {
  input: './openapi.json',
  output: { path: './hey', importFileExtension: '.ts' },
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
};
`;

const compilerOptions = {
  strict: true,
  noEmit: true,
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable'],
  module: 'nodenext',
  allowImportingTsExtensions: true,
  types: [],
};

describe.skipIf(!existsSync(installed))('clients generated from the OpenAPI document', () => {
  let suite: RunningSuite;
  let folder: string;
  const tool = (name: string, ...options: string[]) =>
    run(process.execPath, [join(installed, name), ...options], { cwd: folder, timeout: 180_000 });

  beforeAll(async () => {
    suite = await runSuite();
    folder = await mkdtemp(join(tmpdir(), 'gaia-generated-'));
    const document = (await call('GET', `${suite.url}/docs/openapi.json`)).text;
    await symlink(installed, join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'openapi.json'), document);
    await writeFile(join(folder, 'openapi-ts.config.mjs'), heyConfig);
  }, 120_000);
  afterAll(async () => {
    await suite?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    [
      'openapi-typescript with openapi-fetch',
      'openapi-typescript/bin/cli.js',
      ['openapi.json', '-o', 'schema.d.ts'],
      openapiFetch,
    ],
    ['@hey-api/openapi-ts', '@hey-api/openapi-ts/bin/run.js', ['-f', 'openapi-ts.config.mjs'], heyApi],
  ])('%s: compile, refuse wrong programs, and work', { timeout: 300_000 }, async (name, bin, options, program) => {
    const file = `${name.replaceAll(/\W/g, '-')}.ts`;
    await tool(bin, ...options);
    await writeFile(join(folder, file), program);
    await writeFile(join(folder, `${file}.tsconfig.json`), JSON.stringify({ compilerOptions, files: [file] }));
    const compiled = await tool('typescript/bin/tsc', '-p', `${file}.tsconfig.json`).catch(({ stdout }) => ({
      stdout,
    }));
    expect(compiled.stdout).toBe('');
    const start = `const { main } = await import('./${file}'); console.log(JSON.stringify(await main(...process.argv.slice(1))));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', start, suite.url, password], {
      cwd: folder,
    });
    expect(JSON.parse(stdout)).toEqual({ code: 'invalid_credentials', entries: expect.any(Number) });
  });
});
