import { anyCharacter } from '@gaia/testing/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markedWords } from '../../src/queries/marked-words.ts';
import { parseQuery } from '../../src/queries/query-text.ts';
import { looseTsquery, siteTsquery, titleTsquery, toTsquery } from '../../src/queries/tsquery.ts';

const tsquery = (text: string) => {
  const query = parseQuery(text);
  return query && toTsquery(query);
};

describe('a query', () => {
  it.each([
    ['red fish', "(('red') & ('fish':*))"],
    ['red fish ', "(('red') & ('fish'))"],
    ['red or fish', "(('red')) | (('fish':*))"],
    ['red OR "blue fish"', "(('red')) | (('blue' <-> 'fish'))"],
    ['"red fish', "(('red' <-> 'fish':*))"],
    ['-red fish ', "(!('red') & ('fish'))"],
    ['fish -re', "(('fish') & !('re'))"],
    ['-"red fish" x', "(!('red' <-> 'fish') & ('x'))"],
    ["don't ", "(('don' <-> 't'))"],
    ['Café', "(('cafe':*))"],
    ['東', "(('東':*))"],
    ['東京', "(('東京'))"],
    ['東京都 x ', "(('東京' <-> '京都') & ('x'))"],
    ['"東京 tower"', "(('東京' <2> 'tower'))"],
    ['C++ ', "(('c++'))"],
    ['.NET', "(('.net':*))"],
    ['Node.js ', "(('node.js' | ('node' <-> 'js')))"],
    ['Müller ', "((('muller' | 'mueller')))"],
    ['or or or red ', "(('red'))"],
    ['red or', "(('red'))"],
    ['- " "', undefined],
    ['!!! && || <-> :* ()', undefined],
    ["'; drop table documents; --", "(('drop') & ('table') & ('documents'))"],
    ['\\ \' " fo', "(('fo':*))"],
  ])('%j becomes %s', (text, expected) => {
    expect(tsquery(text)).toBe(expected);
  });

  it('has at most 16 words', () => {
    expect(() => parseQuery('a '.repeat(16))).not.toThrow();
    expect(() => parseQuery('a '.repeat(17))).toThrow(expect.objectContaining({ code: 'query_too_complex' }));
    expect(() => parseQuery('a-'.repeat(17))).toThrow(expect.objectContaining({ code: 'query_too_complex' }));
  });

  it('never becomes more than quoted words and operators, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 40 }), (text) => {
        expect(tsquery(text) ?? '').toMatch(/^(?:'[\p{L}\p{N}\p{M}.@&+#/_-]+'(?::\*)?|[ ()&|!]|<->|<\d>)*$/u);
      }),
    );
  });

  it('looks within one site, and in titles by their own words', () => {
    const query = parseQuery('red -blue "a fish" or gre');
    if (query === undefined) throw new Error('not understood');
    expect(siteTsquery('a.test', toTsquery(query))).toBe(`'site:a.test' & (${toTsquery(query)})`);
    expect(titleTsquery(query)).toBe("(('title:red') & ('title:a' & 'title:fish')) | (('title:gre':*))");
  });

  it('lets through what only the places of words can tell', () => {
    const loose = (text: string) => looseTsquery(parseQuery(text) ?? { groups: [] });
    expect(loose('red "a fish" -blue')).toBe("(('red') & ('a' & 'fish') & !('blue'))");
    expect(loose('red -"a fish"')).toBe("(('red'))");
    expect(loose('red or -"a fish"')).toBe('');
  });

  it('marks what is wanted, not what is excluded', () => {
    const query = parseQuery('red -blue "a fish" 東京都 gre');
    if (query === undefined) throw new Error('not understood');
    expect(markedWords(query)).toEqual({
      words: new Set(['red', 'a', 'fish']),
      beginnings: ['gre'],
      stems: [],
      parts: ['東京', '京都'],
    });
  });
});
