/** Accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs of Arabic: users omit them in queries. */
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;
const NOT_WORD = /[^\p{L}\p{N}\p{M}]/gu;
const LETTERS: Readonly<Record<string, string>> = Object.freeze({
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
});
const LETTER = /[ßæœøđðþłħıς]/g;

/** Characters of a token; longer ones are truncated, in documents and queries. */
export const MAX_TOKEN_LENGTH = 64;

/**
 * The indexed form of a word: without case and accents, compatibility forms unified (NFKC). It does not depend on the locale of the
 * database.
 */
export function normalise(word: string): string {
  if (/^[a-z0-9]{1,64}$/.test(word)) return word;
  const normalised = word
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC')
    .replace(NOT_WORD, '');
  return normalised.length <= MAX_TOKEN_LENGTH ? normalised : [...normalised].slice(0, MAX_TOKEN_LENGTH).join('');
}
