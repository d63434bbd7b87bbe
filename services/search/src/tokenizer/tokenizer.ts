import { normalise } from './normalisation.ts';

/** A normalised word and its position in the text, in UTF-16 units. */
export interface Token {
  readonly normalised: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Adjacent letters, digits and marks are a token. In scripts without spaces each character is a token, so that a phrase query finds a
 * run of them wherever its words begin.
 */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]\p{M}*|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{N}\p{M}])+/gu;

/** The tokens of a text in order; everything else separates them. */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    const normalised = normalise(match[0]);
    if (normalised !== '') yield { normalised, start: match.index, end: match.index + match[0].length };
  }
}
