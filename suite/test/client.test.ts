import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@gaia/client';
import { createCookieClient } from '@gaia/client/cookie';
import { type GaiaError, isGaiaError } from '@gaia/client/error';
import { createFiles } from '@gaia/client/files';
import { createGraphql } from '@gaia/client/graphql';
import { openSite } from '@gaia/client/hand-over';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mailedLink } from './mailed-link.ts';
import { password, type RunningSuite, runSuite } from './running-suite.ts';

const site = 'site-a.localhost';
const login = { email: 'admin@localhost', password };

let suite: RunningSuite;
beforeAll(async () => {
  suite = await runSuite({ RATE_LIMIT: 'off' });
}, 120_000);
afterAll(() => suite?.stop());

const clientOf = (url = suite.url) => createClient({ url, site });

async function refusalOf(promise: Promise<unknown>): Promise<GaiaError> {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!isGaiaError(error)) throw error;
  return error;
}

describe('the client against the whole suite', () => {
  it('signs in, writes, publishes, lists, finds its own writes and signs out', async () => {
    const gaia = clientOf();
    expect(await gaia.auth.session()).toBeUndefined();
    const result = await gaia.auth.signIn(login);
    expect(result).toMatchObject({ status: 'signed_in', session: { user: { email: login.email }, site } });

    const articles = gaia.entries('article');
    const titles = ['One heron', 'Two herons', 'Three herons'];
    for (const title of titles) {
      const draft = await articles.create({ visibility: 'public', fields: { title, body: 'In the reeds.' } });
      expect(draft).toMatchObject({ status: 'draft', fields: { title } });
      expect(await articles.publish(draft.id)).toMatchObject({ status: 'published' });
    }
    const listed: unknown[] = [];
    for await (const { fields } of articles.all({
      filter: { title: { in: titles } },
      sort: 'title',
      limit: 2,
    })) {
      listed.push(fields.title);
    }
    expect(listed).toEqual([...titles].sort());
    const found = await gaia.search('herons reeds');
    expect(found.items.map(({ title }) => title).sort()).toEqual(['Three herons', 'Two herons']);

    await gaia.auth.signOut();
    expect(await gaia.auth.session()).toBeUndefined();
    expect(await refusalOf(gaia.auth.me())).toMatchObject({ code: 'token_missing', status: 401 });
  });

  it('refuses a change of another version, and says what differs', async () => {
    const gaia = clientOf();
    await gaia.auth.signIn(login);
    const articles = gaia.entries('article');
    const { id, version } = await articles.create({ fields: { title: 'First', body: '' } });
    await articles.update(id, { fields: { title: 'Second' } }, { ifVersion: version });
    const refusal = await refusalOf(articles.update(id, { fields: { title: 'Lost' } }, { ifVersion: version }));
    expect(refusal).toMatchObject({ code: 'version_conflict', status: 412, details: { current_version: version + 1 } });
    expect(refusal.requestId).toMatch(/./);
    await articles.delete(id);
    expect((await refusalOf(articles.get(id))).code).toBe('entry_not_found');
  });

  it('reaches the host of a site that no resolver knows', async () => {
    const gaia = createClient({ url: `http://${site}:${suite.port}`, site });
    await gaia.auth.signIn(login);
    expect(await gaia.auth.me()).toMatchObject({ email: login.email, site });
  });

  it('uploads a file with its progress, links to it and deletes it', async () => {
    const gaia = clientOf();
    await gaia.auth.signIn(login);
    const files = createFiles(gaia);
    const text = 'Chapter one. '.repeat(20_000);
    const progress: number[] = [];
    const file = await files.upload(new Blob([text], { type: 'text/plain' }), {
      name: 'chapter.txt',
      visibility: 'members',
      onProgress: (sent, total) => progress.push(sent / total),
    });
    expect(file).toMatchObject({ file_name: 'chapter.txt', size: text.length, visibility: 'members' });
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const { url } = await files.link(file.id);
    expect(await (await fetch(url)).text()).toBe(text);
    const renamed = await files.change(file.id, { file_name: 'one.txt' }, { ifVersion: file.version });
    expect(renamed).toMatchObject({ file_name: 'one.txt', version: file.version + 1 });
    await files.delete(file.id);
    expect((await refusalOf(files.metadata(file.id))).code).toBe('file_not_found');
  });

  it('asks by GraphQL, and tells errors by their code', async () => {
    const gaia = clientOf();
    await gaia.auth.signIn(login);
    const graphql = createGraphql(gaia);
    const draft = await gaia.entries('article').create({ fields: { title: 'Asked by GraphQL', body: '' } });
    const query = 'query ($id: ID!) { article(id: $id) { id } }';
    expect(await graphql(query, { id: draft.id })).toEqual({ article: { id: draft.id } });
    expect(await refusalOf(graphql('{ nothing }'))).toMatchObject({ status: 400 });
    expect((await refusalOf(graphql('query { '))).message).not.toBe('');
  });

  it('opens another site without a second login', async () => {
    const gaia = clientOf();
    await gaia.auth.signIn(login);
    const other = await openSite(gaia, { url: suite.url, site: 'site-b.localhost' });
    expect(await other.auth.me()).toMatchObject({ email: login.email, site: 'site-b.localhost' });
    expect(await gaia.auth.me()).toMatchObject({ site });
    await gaia.auth.signOut();
    expect(await other.auth.session()).toBeDefined();
  });

  it('moves a session to another site, and lists and ends sessions', async () => {
    const gaia = clientOf();
    await gaia.auth.signIn(login);
    const phone = clientOf();
    await phone.auth.signIn(login);
    expect(await gaia.auth.switchSite('site-b.localhost')).toMatchObject({ site: 'site-b.localhost' });
    const current = (await phone.auth.sessions()).find((session) => session.current);
    await gaia.auth.endSession(current?.id ?? '');
    expect(await refusalOf(phone.auth.me())).toMatchObject({ code: 'token_revoked' });
    expect(await phone.auth.session()).toBeUndefined();
    await gaia.auth.endOtherSessions();
    expect(await gaia.auth.sessions()).toMatchObject([{ current: true }]);
  });

  it('registers somebody who confirms the address with a password', async () => {
    const admin = clientOf();
    await admin.auth.signIn(login);
    await admin.http.call('PATCH', `/auth/sites/${site}`, { json: { registration: 'open' } });
    const gaia = clientOf();
    const email = 'wren@example.org';
    await gaia.auth.register({ email, name: 'Wren' });
    const token = await mailedLink(suite.dataDir, email, '/verify');
    expect(await gaia.auth.linkDetails('verify', token)).toMatchObject({ email, site, has_account: false });
    expect((await refusalOf(gaia.auth.confirm({ token }))).code).toBe('password_required');
    expect(await gaia.auth.confirm({ token, password: 'seven wrens in a hedge', name: 'Wren' })).toEqual({
      email,
      site,
    });
    expect(await gaia.auth.signIn({ email, password: 'seven wrens in a hedge' })).toMatchObject({
      status: 'signed_in',
    });
    await gaia.auth.changePassword({ current: 'seven wrens in a hedge', next: 'eight wrens in a hedge' });
    expect(await gaia.auth.me()).toMatchObject({ email, name: 'Wren' });
  });

  it('keeps a visitor’s session in a cookie that a site’s server passes on', async () => {
    let cookie: string | undefined;
    /** A client for one request of the visitor. */
    const visit = () =>
      createCookieClient({
        url: `http://${site}:${suite.port}`,
        internalUrl: suite.url,
        site,
        visitor: {
          cookie,
          setCookie(line) {
            cookie = line.split(';')[0];
          },
        },
      });
    expect(await visit().auth.session()).toBeUndefined();
    expect(await visit().auth.signIn(login)).toMatchObject({ session: { user: { email: login.email }, site } });
    expect(cookie).toMatch(/^gaia-\d+=./);
    const server = visit();
    const draft = await server.entries('article').create({ fields: { title: 'By cookie', body: '' } });
    expect(await visit().entries('article').get(draft.id)).toMatchObject({ status: 'draft' });
    expect(await visit().auth.me()).toMatchObject({ email: login.email });
    const stranger = createCookieClient({
      url: `http://${site}:${suite.port}`,
      site,
      visitor: { cookie: null, setCookie() {} },
    });
    expect((await refusalOf(stranger.auth.me())).code).toBe('token_missing');
    await server.auth.signOut();
    expect(await visit().auth.session()).toBeUndefined();
  });

  it('runs the example of README.md as it is built and packed, in this Node and the oldest supported', async () => {
    const root = join(import.meta.dirname, '..', '..');
    const source = join(root, 'packages', 'client');
    const directory = await mkdtemp(join(tmpdir(), 'gaia-client-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const installed = join(directory, 'node_modules', '@gaia', 'client');
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const outDir = join(installed, 'dist');
    await run(process.execPath, [compiler, '-p', join(source, 'tsconfig.build.json'), '--outDir', outDir]);
    const { publishConfig, ...manifest } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
    await writeFile(join(installed, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }));

    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const example = /<!-- readme test: client -->\s*```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    expect(example.trim().split('\n')).toHaveLength(10);
    const file = join(directory, 'example.mjs');
    await writeFile(file, example.replace('http://localhost:8080', suite.url));
    const nodes = [process.execPath, '/usr/bin/node'].filter(isNode);
    for (const node of nodes) {
      const { stdout } = await run(node, [file], { timeout: 60_000 });
      expect(stdout).toMatch(/^(found Hello client\n)+(listed .*\n)*token_missing\n$/);
      expect(stdout).toContain('listed Hello client');
    }
  });
});

const run = promisify(execFile);

function isNode(path: string): boolean {
  try {
    const major = /^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1];
    return Number(major) >= 20;
  } catch {
    return false;
  }
}
