/**
 * Marks that people omit in queries: accents of Latin, Greek and Cyrillic, points of Hebrew, vowel signs of Arabic, nukta of
 * Indic scripts. Vowel signs of Indic scripts and voicing marks of Japanese make other words and stay.
 */
const ACCENTS =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|\u093c|\u09bc|\u0a3c|\u0abc/g;
const NOT_WORD = /[^\p{L}\p{N}\p{M}]/gu;
/** Letters that are written in several ways; of Arabic and Persian as on keyboards that lack one of them. */
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
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ہ: 'ه',
  ـ: '',
  '\u0901': '\u0902',
});
const LETTER = /[ßæœøđðþłħıςىیکةہـ\u0901]/g;
const DIGIT = /(?![0-9])\p{Nd}/gu;
/** Zeros of scripts with decimal digits of their own; nine more follow each. */
const ZEROS = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
  0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
  0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
];

/** Characters of a token; longer ones are truncated, in documents and queries. */
export const MAX_TOKEN_LENGTH = 64;

/**
 * The indexed form of a word: without case, accents and invisible characters, compatibility forms unified (NFKC), digits of all
 * scripts as ASCII's. It does not depend on the locale of the database.
 */
export function normalise(word: string): string {
  if (/^[a-z0-9]{1,64}$/.test(word)) return word;
  const normalised = foldCharacters(word).replace(NOT_WORD, '');
  return normalised.length <= MAX_TOKEN_LENGTH ? normalised : [...normalised].slice(0, MAX_TOKEN_LENGTH).join('');
}

/** Without case and accents, compatibility forms unified; what is no part of a word stays. */
export function foldCharacters(text: string): string {
  return text
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .replace(DIGIT, asciiDigit)
    .normalize('NFC');
}

function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  const zero = ZEROS.findLast((candidate) => candidate <= point);
  return zero !== undefined && point - zero < 10 ? String(point - zero) : digit;
}

const TRANSCRIBED: Readonly<Record<string, string>> = Object.freeze({ ä: 'ae', ö: 'oe', ü: 'ue', ø: 'oe', å: 'aa' });

/** The word as it is written where `ä`, `ö`, `ü`, `ø`, `å` cannot be typed; undefined for a word without them. */
export function transcribed(word: string): string | undefined {
  if (/^[\w]*$/.test(word)) return undefined;
  const lower = word.normalize('NFC').toLowerCase();
  const other = lower.replace(/[äöüøå]/g, (letter) => TRANSCRIBED[letter] ?? letter);
  return other === lower ? undefined : normalise(other);
}
