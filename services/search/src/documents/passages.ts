import type { AnalysedText, AnalysedToken } from './analysis.ts';
import { MAX_POSITIONS_OF_WORD, passageVector } from './search-vector.ts';

export interface Passage {
  readonly text: string;
  readonly search: string;
}

/** Characters of a passage: what one result is looked through for its highlight. */
export const PASSAGE_LENGTH = 8_000;
/** A phrase of as many words as a query can have lies whole in one of two passages. */
export const MAX_PHRASE_WORDS = 64;

/** A text in parts, each short enough that PostgreSQL keeps the place of every word. */
export function passagesOf({ text, tokens }: AnalysedText): Passage[] {
  const passages: Passage[] = [];
  let first = 0;
  while (first < tokens.length) {
    const end = endOfPassage(tokens, first);
    const start = passages.length === 0 ? 0 : (tokens[first]?.start ?? 0);
    const to =
      end === tokens.length ? Math.min(text.length, start + PASSAGE_LENGTH * 2) : (tokens[end - 1]?.end ?? start);
    passages.push({ text: text.slice(start, to).toWellFormed(), search: passageVector(tokens.slice(first, end)).text });
    if (end === tokens.length) break;
    first = Math.max(first + 1, placeBefore(tokens, end));
  }
  return passages;
}

function endOfPassage(tokens: readonly AnalysedToken[], first: number): number {
  const limit = (tokens[first]?.start ?? 0) + PASSAGE_LENGTH;
  const counts = new Map<string, number>();
  let end = first;
  for (; end < tokens.length; end += 1) {
    const token = tokens[end];
    if (token === undefined || token.end > limit) break;
    const count = (counts.get(token.normalised) ?? 0) + 1;
    if (count > MAX_POSITIONS_OF_WORD) break;
    counts.set(token.normalised, count);
  }
  return Math.max(end, first + 1);
}

/** Where the next passage begins so that it repeats the longest phrase; a compound stays with its words. */
function placeBefore(tokens: readonly AnalysedToken[], end: number): number {
  let at = end;
  for (let words = 0; at > 0 && words < MAX_PHRASE_WORDS; at -= 1) {
    if (tokens[at - 1]?.kind !== 'compound') words += 1;
  }
  return tokens[at - 1]?.kind === 'compound' ? at - 1 : at;
}
