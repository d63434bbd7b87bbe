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
    ['and/or foo_bar a-b x.y@example.com', ['and', 'or', 'foo', 'bar', 'a', 'b', 'x', 'y', 'example', 'com']],
    ['東京タワー', ['東', '京', 'タ', 'ワ', 'ー']],
    ['हिन्दी', ['हिन्दी']],
    ['한국어', ['한국어']],
    ['ﬁne ＡＢＣ', ['fine', 'abc']],
    ['', []],
    ['!?<>&"\'\\ \u0000', []],
  ])('%j', (text, expected) => {
    expect(normalised(text)).toEqual(expected);
  });

  it('stand where they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        for (const word of tokenize(text)) expect(normalise(text.slice(word.start, word.end))).toBe(word.normalised);
      }),
    );
  });

  it('hold nothing that could end a quoted lexeme, are bounded, and fold to themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (text) => {
        for (const word of normalised(text)) {
          expect(word).toMatch(/^[\p{L}\p{N}\p{M}]+$/u);
          expect([...word].length).toBeLessThanOrEqual(MAX_TOKEN_LENGTH);
          expect(word.isWellFormed()).toBe(true);
        }
      }),
    );
  });
});
