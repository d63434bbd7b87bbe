import { normalise } from './normalisation.ts';

/**
 * A `word` is made of adjacent letters and digits. A script without spaces (and Korean, whose words carry their particles)
 * has no such words: each two characters are a `pair`, and the last character of a run stands alone as a `single`, so that a
 * run of pairs is found wherever its words begin. A `compound` is what signs make of words: `C++`, `.NET`, `A-1234/5`,
 * `x@example.com`. It comes before its words and takes no place of its own.
 */
export type TokenKind = 'word' | 'pair' | 'single' | 'compound';

/** A token and its position in the text, in UTF-16 units. */
export interface Token {
  readonly kind: TokenKind;
  readonly normalised: string;
  readonly start: number;
  readonly end: number;
}

const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar', 'Hangul']
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const CHARACTER = `[[${UNSPACED}]&&[\\p{L}\\p{Nl}\\p{No}]][\\p{M}\\uff9e\\uff9f]*`;
const LETTER = `[\\p{Nd}[[\\p{L}\\p{N}\\p{M}]--[${UNSPACED}]]]`;
/** Soft hyphens, zero-width and direction marks stand within words without being part of them. */
const WORD = `${LETTER}+(?:\\p{Cf}+${LETTER}+)*`;
const PLAIN = '[\\p{L}\\p{N}\\p{M}\\u00ad]';
/** A compound begins where a word does: so each place of a text is looked at once. */
const START = '(?<![\\p{L}\\p{N}\\p{M}\\u00ad])';
const COMPOUND = [
  // e-mail addresses, part numbers, host names, Node.js, AT&T, foo_bar
  `${START}${PLAIN}+(?:[.\\-/@_&+]${PLAIN}+)+(?:\\+\\+|#)?`,
  // C++, Notepad++, A+
  `${START}(?:${PLAIN}+\\+\\+|${PLAIN}\\+)`,
  // C#, F#
  `${START}${PLAIN}{1,2}#`,
  // .NET
  `${START}(?<!\\.)\\.\\p{L}${PLAIN}*`,
].join('|');

const CHARACTERS = new RegExp(CHARACTER, 'gv');
const TOKENS = new RegExp(`(?<run>(?:${CHARACTER})+)|${WORD}`, 'gv');
const COMPOUNDS = new RegExp(COMPOUND, 'gu');
/** No compound without one of them; most texts are looked through for little. */
const SIGN = /[.\-/@_&+#]/;
/** Longer ones are no names of anything; their words are found all the same. */
const MAX_COMPOUND_LENGTH = 100;

/** The tokens of a text in order; everything else separates them. */
export function* tokenize(text: string): Generator<Token> {
  const compounds = SIGN.test(text) ? compoundsOf(text) : undefined;
  let compound = compounds?.next().value;
  for (const match of text.matchAll(TOKENS)) {
    while (compound !== undefined && compound.start <= match.index) {
      yield compound;
      compound = compounds?.next().value;
    }
    if (match.groups?.run !== undefined) yield* pairsOf(match[0], match.index);
    else {
      const normalised = normalise(match[0]);
      if (normalised !== '') yield { kind: 'word', normalised, start: match.index, end: match.index + match[0].length };
    }
  }
}

function* compoundsOf(text: string): Generator<Token, undefined> {
  for (const match of text.matchAll(COMPOUNDS)) {
    const [whole] = match;
    if (whole.length > MAX_COMPOUND_LENGTH) continue;
    const normalised = whole.replace(/[^.\-/@_&+#]+/g, normalise);
    if (/[\p{L}\p{N}]/u.test(normalised)) {
      yield { kind: 'compound', normalised, start: match.index, end: match.index + whole.length };
    }
  }
  return undefined;
}

function* pairsOf(run: string, offset: number): Generator<Token> {
  let before: Token | undefined;
  for (const match of run.matchAll(CHARACTERS)) {
    const start = offset + match.index;
    const end = start + match[0].length;
    const normalised = normalise(match[0]);
    if (normalised === '') continue;
    if (before !== undefined) {
      yield { kind: 'pair', normalised: before.normalised + normalised, start: before.start, end };
    }
    before = { kind: 'single', normalised, start, end };
  }
  if (before !== undefined) yield before;
}
