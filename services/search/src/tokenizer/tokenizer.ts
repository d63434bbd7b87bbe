import { normalise } from './normalisation.ts';

/** A word of a text: its normalised form and where it stands, in UTF-16 units. */
export interface Token {
  readonly normalised: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Letters, digits and marks that stand together are a word. Scripts that write no spaces give a word for each character,
 * so that a run of them is found as a phrase, wherever its words begin.
 */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]\p{M}*|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}])[\p{L}\p{N}\p{M}])+/gu;

/** The words of a text in order. Everything else (punctuation, symbols, markup's brackets) only separates them. */
export function* tokenize(text: string): Generator<Token> {
  for (const match of text.matchAll(WORD)) {
    const normalised = normalise(match[0]);
    if (normalised !== '') yield { normalised, start: match.index, end: match.index + match[0].length };
  }
}
