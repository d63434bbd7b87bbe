import { describe, expect, it } from 'vitest';
import { languageOfTag, negotiateLanguage } from '../src/language.ts';

describe('negotiateLanguage', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['*', undefined],
    ['en-GB', 'en'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['en;q=0.1, zh-Hans;q=0.9', 'zh'],
    ['zh-Hant-TW', 'zh'],
    ['DE-at', 'de'],
    ['pt, de;q=0', undefined],
    ['pt, de;q=0.1', 'de'],
    ['*, de;q=0.5', 'de'],
    ['de;q=0.5, fr;q=0.5', 'de'],
    ['de ; q=0.5 , fr ; Q=0.8', 'fr'],
    ['de;q=0.8;level=1, fr;q=0.7', 'de'],
  ])('reads %s as %s', (header, language) => expect(negotiateLanguage(header)).toBe(language));

  it.each([
    'de;q=',
    'de;q=x',
    'de;q=-1',
    'de;q=2',
    'de;q=1e9',
    'de;q=Infinity',
    'de;level=1',
    'dé',
    'd e',
    ';q=1',
    ',,,',
  ])('passes over the invalid %s', (header) => expect(negotiateLanguage(header)).toBeUndefined());

  it('looks at the first twenty ranges only', () => {
    expect(negotiateLanguage(`${'pt,'.repeat(19)}de`)).toBe('de');
    expect(negotiateLanguage(`${'pt,'.repeat(20)}de`)).toBeUndefined();
  });
});

describe('languageOfTag', () => {
  it.each([
    ['de', 'de'],
    [' fr-CA ', 'fr'],
    ['', undefined],
    ['deu', undefined],
    ['__proto__', undefined],
    [undefined, undefined],
  ])('reads %s as %s', (tag, language) => expect(languageOfTag(tag)).toBe(language));
});
