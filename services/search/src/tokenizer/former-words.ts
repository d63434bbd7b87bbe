import { normalise } from './normalisation.ts';

/**
 * The words of a text as documents of the shape 1 have them: no compounds, and each character of a script without spaces alone.
 * Queries look for them too until those documents are written anew.
 */
export function formerWords(text: string): string[] {
  return [...text.matchAll(WORD)].map(([word]) => normalise(word)).filter((word) => word !== '');
}

const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]\p{M}*|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{N}\p{M}])+/gu;
