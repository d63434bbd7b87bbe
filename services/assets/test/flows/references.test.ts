import type { Change } from '@gaia/testing/feed-server';
import type { TokenRequest } from '@gaia/testing/issuer';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';

let service: AssetsService;
beforeAll(async () => {
  service = await startAssets();
  service.feed.accessClass(17, 'products', ['course']);
  service.feed.accessClass(18, 'roles', ['teacher']);
  return service.close;
});

const ADMIN: TokenRequest = { role: 'admin', subject: 'admin' };
const WRITER: TokenRequest = { role: 'author', subject: 'writer' };
const TEACHER: TokenRequest = { ...MEMBER, claims: { roles: ['member', 'teacher'] } };
const STRANGER: TokenRequest = { site: 'site-b.localhost', role: 'owner', subject: 'stranger' };
const callers = {
  anonymous: null,
  reader: MEMBER,
  teacher: TEACHER,
  writer: WRITER,
  editor: EDITOR,
  admin: ADMIN,
  stranger: STRANGER,
};
type Name = keyof typeof callers;

async function read(file: string, seq: string, as: TokenRequest | null): Promise<number> {
  const headers = as === null ? {} : service.issuer.headersFor(as);
  return (await service.app.inject({ url: `/assets/${file}?min_seq=${seq}`, headers })).statusCode;
}

/** Names of those who may read a file once a change has arrived. Those who may not hear 401 or 404 and nothing else. */
async function readers(file: string, seq: string): Promise<Name[]> {
  const names: Name[] = [];
  for (const [name, as] of Object.entries(callers)) {
    const status = await read(file, seq, as);
    if (status === 200) names.push(name as Name);
    else expect([name, status]).toEqual([name, as === null ? 401 : 404]);
  }
  return names;
}

const file = (visibility = 'private') => service.textFile('content', { visibility });
let entries = 0;
/** An entry of `writer` that mentions files. */
function change(rest: Partial<Change>): string {
  entries += 1;
  return service.feed.change({ id: `e${entries}`, author: 'writer', ...rest });
}
const mentioning = (...assets: string[]) => ({ title: 'An entry', assets });

const STAFF: Name[] = ['editor', 'admin'];

describe('who reads a file', () => {
  it.each<[string, Partial<Change>, Name[]]>([
    ['public', { visibility: 'public' }, ['anonymous', 'reader', 'teacher', 'writer', ...STAFF]],
    ['for members', { visibility: 'members' }, ['reader', 'teacher', 'writer', ...STAFF]],
    ['for its author', { visibility: 'author' }, ['writer', ...STAFF]],
    ['for a role', { visibility: 'roles', accessClass: 18 }, ['teacher', 'writer', ...STAFF]],
    ['for holders of a product', { visibility: 'products', accessClass: 17 }, ['writer', ...STAFF]],
    ['of a class that is not known', { visibility: 'roles', accessClass: 99 }, ['writer', ...STAFF]],
  ])('is who reads a published entry that is %s', async (_name, entry, expected) => {
    const id = await file();
    await expect(readers(id, change({ ...entry, published: mentioning(id) }))).resolves.toEqual(expected);
  });

  it('is its uploader and who edits all, as long as no entry mentions it', async () => {
    const id = await file();
    await expect(readers(id, '0')).resolves.toEqual(STAFF);
    await expect(read(id, '0', AUTHOR)).resolves.toBe(200);
  });

  it('is for editors, where only a draft mentions it: its author opens nothing by naming it', async () => {
    const id = await file();
    const seq = change({ draft: mentioning(id), published: { title: 'Without' } });
    await expect(readers(id, seq)).resolves.toEqual(STAFF);
    await expect(read(id, seq, AUTHOR)).resolves.toBe(200);
  });

  it('is no caller of another site', async () => {
    const id = await file();
    const seq = change({ site: 'site-b.localhost', published: mentioning(id) });
    await expect(readers(id, seq)).resolves.toEqual(STAFF);
  });

  it('is who may read the field, where only a restricted field mentions it', async () => {
    const id = await file();
    const restricted = [{ readable_by: ['teacher'], assets: [id] }];
    const seq = change({ visibility: 'members', published: { title: 'An entry', restricted } });
    await expect(readers(id, seq)).resolves.toEqual(['teacher', 'admin']);
    await expect(read(id, seq, AUTHOR)).resolves.toBe(200);
    await expect(readers(id, change({ visibility: 'members', published: mentioning(id) }))).resolves.toHaveLength(5);
  });

  it.each<[string, Name[]]>([
    ['members', ['reader', 'teacher', 'writer', ...STAFF]],
    ['public', ['anonymous', 'reader', 'teacher', 'writer', ...STAFF, 'stranger']],
  ])('is whom its own visibility lets in: %s', async (visibility, expected) => {
    const id = await file(visibility);
    const seq = change({ visibility: 'author', published: mentioning(id) });
    await expect(readers(id, seq)).resolves.toEqual(expected);
  });
});

describe('a file closes', () => {
  const published = (id: string, visibility = 'members') =>
    service.feed.change({ id: 'closing', visibility, author: 'writer', published: mentioning(id) });

  it.each<[string, (id: string) => string]>([
    [
      'the entry is unpublished',
      (id) => service.feed.change({ id: 'closing', author: 'writer', draft: mentioning(id) }),
    ],
    ['the entry does not mention it any more', () => service.feed.change({ id: 'closing', published: { title: 'x' } })],
    ['the entry is deleted', () => service.feed.remove('closing')],
    ['the entry is made narrower', (id) => published(id, 'author')],
  ])('when %s, and with it the links that were made', async (_name, close) => {
    const { app, issuer } = service;
    const id = await file();
    const seq = published(id);
    const made = await app.inject({
      method: 'POST',
      url: `/assets/${id}/link?min_seq=${seq}`,
      headers: issuer.headersFor(MEMBER),
    });
    const link = new URL(made.json().url);
    await expect(app.inject(link.pathname + link.search)).resolves.toMatchObject({ statusCode: 200 });
    const closed = close(id);
    await expect(read(id, closed, MEMBER)).resolves.toBe(404);
    await expect(app.inject(link.pathname + link.search)).resolves.toMatchObject({ statusCode: 404 });
  });

  it('when the product is withdrawn, and opens when it is granted', async () => {
    const { feed } = service;
    const id = await file();
    const before = change({ visibility: 'products', accessClass: 17, published: mentioning(id) });
    await expect(read(id, before, MEMBER)).resolves.toBe(404);
    await expect(read(id, feed.entitlement('reader', 'course', true, 'site-b.localhost'), MEMBER)).resolves.toBe(404);
    await expect(read(id, feed.entitlement('reader', 'course', true), MEMBER)).resolves.toBe(200);
    await expect(read(id, feed.entitlement('reader', 'course', false), MEMBER)).resolves.toBe(404);
  });
});

describe('editors see where a file is used', () => {
  it('with the copies that mention it', async () => {
    const id = await file();
    service.feed.change({
      id: 'use-1',
      type: 'page',
      published: { title: 'One', assets: [id] },
      draft: { title: 'Two' },
    });
    const restricted = [{ readable_by: ['teacher'], assets: [id] }];
    const seq = service.feed.change({ id: 'use-2', draft: { title: 'Three', restricted } });
    const usage = async (as: TokenRequest) =>
      (
        await service.app.inject({
          url: `/assets/${id}/usage?min_seq=${seq}`,
          headers: service.issuer.headersFor(as),
        })
      ).json();
    await expect(usage(EDITOR)).resolves.toEqual({
      items: [
        { entry: 'use-1', type: 'page', title: 'One', editions: ['published'], restricted: false },
        { entry: 'use-2', type: 'article', title: 'Three', editions: ['working'], restricted: true },
      ],
      total: 2,
    });
    await expect(usage(WRITER)).resolves.toMatchObject({ status: 403, code: 'insufficient_scope' });
    await expect(usage({ ...EDITOR, site: 'site-b.localhost' })).resolves.toMatchObject({ code: 'file_not_found' });
  });

  it('and do not delete it by accident', async () => {
    const id = await file();
    const seq = change({ published: mentioning(id) });
    const remove = async (query: string, as: TokenRequest) => {
      const headers = service.issuer.headersFor(as);
      const answer = await service.app.inject({ method: 'DELETE', url: `/assets/${id}?${query}`, headers });
      return answer.statusCode === 204 ? 204 : answer.json().code;
    };
    await expect(remove(`min_seq=${seq}`, EDITOR)).resolves.toBe('asset_in_use');
    await expect(remove('', AUTHOR)).resolves.toBe('asset_in_use');
    await expect(remove('force=true', AUTHOR)).resolves.toBe('insufficient_scope');
    await expect(remove('force=true', EDITOR)).resolves.toBe(204);
  });
});

describe('several files at once', () => {
  const many = async (ids: string, as: TokenRequest | null, more = '') => {
    const headers = as === null ? {} : service.issuer.headersFor(as);
    const url = `/assets/sites/site-a.localhost/metadata?ids=${ids}${more}`;
    const { items, code } = (await service.app.inject({ url, headers })).json();
    return code ?? items.map((item: { id: string }) => item.id).toSorted();
  };

  it('are those that the caller may read', async () => {
    const [open, closed, members] = [await file('public'), await file(), await file('members')] as const;
    const ids = [open, closed, members, '00000000-0000-4000-8000-000000000000'].join();
    await expect(many(ids, null)).resolves.toEqual([open]);
    await expect(many(ids, MEMBER)).resolves.toEqual([open, members].toSorted());
    await expect(many(ids, STRANGER)).resolves.toEqual([open]);
    const seq = change({ published: mentioning(closed) });
    await expect(many(ids, null, `&min_seq=${seq}`)).resolves.toEqual([open, closed].toSorted());
  });

  it.each(['', 'x', '*', Array(101).fill('00000000-0000-4000-8000-000000000000').join()])(
    'are named: %s',
    async (ids) => {
      await expect(many(ids, MEMBER)).resolves.toBe('validation_failed');
    },
  );
});

it('goes on where it was after a restart', async () => {
  const first = await startAssets();
  const { feed, databaseUrl, directory } = first;
  const id = await first.textFile('x', { visibility: 'private' });
  const get = async (of: AssetsService, seq: string) =>
    (await of.app.inject({ url: `/assets/${id}?min_seq=${seq}` })).statusCode;
  await expect(get(first, feed.change({ id: 'a', published: mentioning(id) }))).resolves.toBe(200);
  await first.app.close();
  const seq = feed.change({ id: 'a', draft: mentioning(id) });
  const env = { DATABASE_URL: databaseUrl, ASSETS_DIR: directory };
  const second = await startAssets(env, { feed });
  await expect(get(second, seq)).resolves.toBe(401);
  feed.restore();
  const again = feed.change({ id: 'a', published: mentioning(id) });
  expect(Number(again)).toBeLessThan(Number(seq));
  await expect.poll(async () => get(second, again), { timeout: 10_000 }).toBe(200);
});
