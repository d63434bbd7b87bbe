import type { TokenRequest } from '@gaia/testing/issuer';
import { describe, expect, it } from 'vitest';
import { EDITOR, MEMBER, startSearch } from '../search-service.ts';

const TEACHER: TokenRequest = { ...MEMBER, subject: 'teacher', claims: { roles: ['member', 'teacher'] } };

describe('access classes', () => {
  it('decide what is found and counted, when it is asked for', async () => {
    const { feed, search } = await startSearch();
    feed.accessClass(17, 'products', ['course', 'bundle']);
    feed.accessClass(18, 'roles', ['teacher']);
    const fish = { title: 'Fish' };
    feed.change({ id: 'course', visibility: 'products', accessClass: 17, published: fish });
    feed.change({ id: 'class', visibility: 'roles', accessClass: 18, published: fish });
    feed.change({ id: 'unknown', visibility: 'roles', accessClass: 99, published: fish });
    feed.change({ id: 'own', visibility: 'author', author: 'reader', published: fish });
    feed.change({ id: 'theirs', visibility: 'author', author: 'teacher', published: fish });
    let seq = feed.change({ id: 'foreign', site: 'site-b.localhost', accessClass: 17, published: fish });

    const found = async (as: TokenRequest | null) => {
      const { ids, body } = await search({ q: 'fish', min_seq: seq }, as);
      expect(body.total).toBe(ids.length);
      return ids.toSorted();
    };
    await expect(found(null)).resolves.toEqual([]);
    await expect(found(MEMBER)).resolves.toEqual(['own']);
    await expect(found(TEACHER)).resolves.toEqual(['class', 'theirs']);
    await expect(found(EDITOR)).resolves.toEqual(['class', 'course', 'own', 'theirs', 'unknown']);

    seq = feed.entitlement('reader', 'course', true, 'site-b.localhost');
    await expect(found(MEMBER)).resolves.toEqual(['own']);
    seq = feed.entitlement('reader', 'bundle', true);
    await expect(found(MEMBER)).resolves.toEqual(['course', 'own']);
    await expect(found({ ...MEMBER, scope: 'assets:read' })).resolves.toEqual(['own']);
    await expect(found(TEACHER)).resolves.toEqual(['class', 'theirs']);
    seq = feed.entitlement('reader', 'bundle', false);
    await expect(found(MEMBER)).resolves.toEqual(['own']);
    await expect(found({ ...MEMBER, scope: 'content:edit content:read' })).resolves.toHaveLength(5);
  });

  it('keep text of restricted fields out of the index', async () => {
    const { feed, search } = await startSearch();
    const restricted = [{ readable_by: ['editor'], text: 'salmon', assets: [] }];
    const seq = feed.change({ id: 'a', published: { title: 'Fish', restricted } });
    await expect(search({ q: 'salmon', min_seq: seq }, EDITOR)).resolves.toMatchObject({ ids: [] });
    await expect(search({ q: 'fish' }, EDITOR)).resolves.toMatchObject({ ids: ['a'] });
  });
});
