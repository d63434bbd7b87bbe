import type { TokenRequest } from '@gaia/testing/issuer';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, startAssets } from '../assets-service.ts';

const exportOf = (subject: string): TokenRequest => ({
  subject,
  site: null,
  roles: [],
  scope: 'account:export',
  audience: 'assets',
});

let assets: AssetsService;
beforeAll(async () => {
  assets = await startAssets();
  return assets.close;
});

const get = (as: TokenRequest | undefined, query = '') =>
  assets.app.inject({ url: `/assets/me/files${query}`, headers: as === undefined ? {} : assets.issuer.headersFor(as) });

describe('the files of an export', () => {
  it('lists all uploads of the user, the oldest first', async () => {
    const mine = [
      await assets.textFile('one', { visibility: 'private' }),
      await assets.textFile('two', { visibility: 'public' }),
    ];
    await assets.textFile('another one’s', { as: EDITOR });
    const { items, next_cursor } = (await get(exportOf('ann'))).json();
    expect(items.map((item: { id: string }) => item.id)).toEqual(mine);
    expect(items[0]).toMatchObject({
      site: 'site-a.localhost',
      size: 3,
      uploaded_by: 'ann',
      url: `/assets/${mine[0]}`,
    });
    expect(next_cursor).toBeNull();
    expect((await get(exportOf('nobody'))).json().items).toEqual([]);
  });

  it.each<[string, TokenRequest | undefined, number, string]>([
    ['without a token', undefined, 401, 'token_missing'],
    ['to the uploader', AUTHOR, 403, 'insufficient_scope'],
    ['to an administrator', { role: 'administrator' }, 403, 'insufficient_scope'],
    ['with a token for cms', { ...exportOf('ann'), audience: 'cms' }, 401, 'token_invalid'],
    ['to who acts for the user', { ...exportOf('ann'), claims: { act: { sub: 'x' } } }, 403, 'forbidden'],
  ])('are not given %s', async (_who, as, status, code) => {
    const answer = await get(as);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  it('take no cursor that was not given here', async () => {
    expect((await get(exportOf('ann'), '?cursor=x')).json().code).toBe('invalid_cursor');
  });
});
