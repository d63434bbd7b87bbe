import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCms, type TestCms } from './cms.ts';

let cms: TestCms;
beforeAll(async () => {
  cms = await startCms();
});
afterAll(() => cms.close());

async function fold(text: string): Promise<string> {
  const { rows } = await sql<{ folded: string }>`select fold_text(${text}) as folded`.execute(cms.database);
  return rows[0]?.folded ?? '';
}

describe('folded text', () => {
  it.each([
    ['МОСКВА', 'москва'],
    ['Ёлка', 'елка'],
    ['ÉCLAIR', 'éclair'],
    ['e\u0301clair', 'eclair'],
    ['ΕΛΛΆΔΑΣ', 'ελλάδας'],
    ['STRASSE', 'straße'],
    ['ÆSIR', 'aesir'],
    ['Łódź', 'lodz'],
    ['İstanbul', 'istanbul'],
    ['ΐ', 'ι'],
    ['Tiếng Việt', 'tieng viet'],
    ['שָׁלוֹם', 'שלום'],
    ['مُحَمَّد', 'محمد'],
    ['ｶﾞﾗｽ', 'ガラス'],
    ['Ａ１', 'a1'],
    ['한국', '한국'],
    ['ＡＢＣ ﬁn', 'abc fin'],
  ])('%s folds as %s', async (one, other) => {
    expect(await fold(one)).toBe(await fold(other));
  });

  it.each([
    ['कि', 'का'],
    ['น้ำ', 'นา'],
    ['か', 'が'],
    ['a', 'b'],
  ])('%s stays apart from %s', async (one, other) => {
    expect(await fold(one)).not.toBe(await fold(other));
  });

  it('keys put texts in the order in which people read them', async () => {
    const texts = ['zebra', 'Éclair', 'apple', 'Zoo', 'eclair', 'Apple', 'ökonom', 'ocean'];
    const { rows } = await sql<{ text: string }>`
      select text from unnest(${texts}::text[]) text order by text_key(text) collate "C"`.execute(cms.database);
    expect(rows.map(({ text }) => text)).toEqual([
      'Apple',
      'apple',
      'eclair',
      'Éclair',
      'ocean',
      'ökonom',
      'zebra',
      'Zoo',
    ]);
  });
});
