import { anyCharacter } from '@gaia/testing/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TOKEN_LENGTH, normalise } from '../../src/tokenizer/normalisation.ts';
import { tokenize } from '../../src/tokenizer/tokenizer.ts';

const normalised = (text: string) => [...tokenize(text)].map((word) => word.normalised);

describe('the words of a text', () => {
  it.each([
    ['Hello, World!', ['hello', 'world']],
    ["l'été n'est pas fini", ['l', 'ete', 'n', 'est', 'pas', 'fini']],
    ['e\u0301te\u0301', ['ete']],
    ['Straße STRASSE', ['strasse', 'strasse']],
    ['İstanbul', ['istanbul']],
    ['ΟΔΟΣ οδός', ['οδοσ', 'οδοσ']],
    ['Ёлка', ['елка']],
    ['and/or foo_bar', ['and/or', 'and', 'or', 'foo_bar', 'foo', 'bar']],
    ['x.y@example.com', ['x.y@example.com', 'x', 'y', 'example', 'com']],
    ['A-1234/5', ['a-1234/5', 'a', '1234', '5']],
    ['C++ c# .NET Node.js', ['c++', 'c', 'c#', 'c', '.net', 'net', 'node.js', 'node', 'js']],
    ['Sil\u00adben\u200bform', ['silbenform']],
    ['٣٤٥ ๑๒๓ १२', ['345', '123', '12']],
    ['ｶﾞｲﾄﾞ', ['ガイ', 'イド', 'ド']],
    ['สวัสดี', ['สวั', 'วัส', 'สดี', 'ดี']],
    ['كتاب كِتَاب', ['كتاب', 'كتاب']],
    ['שלום שָׁלוֹם', ['שלום', 'שלום']],
    ['東京タワー', ['東京', '京タ', 'タワ', 'ワー', 'ー']],
    ['हिन्दी', ['हिन्दी']],
    ['한국어', ['한국', '국어', '어']],
    ['ﬁne ＡＢＣ', ['fine', 'abc']],
    ['', []],
    ['!?<>&"\'\\ \u0000', []],
  ])('%j', (text, expected) => {
    expect(normalised(text)).toEqual(expected);
  });

  it('stand where they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        for (const { kind, normalised: word, start, end } of tokenize(text)) {
          const folded = normalise(text.slice(start, end));
          expect(folded).toBe(kind === 'compound' ? normalise(word) : word);
        }
      }),
    );
  });

  it('hold nothing that could end a quoted lexeme, are bounded, and fold to themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        for (const word of normalised(text)) {
          expect(word).toMatch(/^[\p{L}\p{N}\p{M}.@&+#/_-]+$/u);
          expect([...word].length).toBeLessThanOrEqual(2 * MAX_TOKEN_LENGTH);
          expect(word.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
