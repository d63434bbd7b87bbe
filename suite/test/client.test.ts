import { createClient } from '@gaia/client';
import { type GaiaError, isGaiaError } from '@gaia/client/error';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
      filter: { title: { contains: 'heron' } },
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
});
