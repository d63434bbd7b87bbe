import type { ParsedQuery } from './query-text.ts';

/** What to mark in an answer, in the form in which words are compared. */
export interface Marked {
  readonly words: ReadonlySet<string>;
  readonly beginnings: readonly string[];
  /** Stems begin the words that they are of. */
  readonly stems: readonly string[];
  /** Parts of runs of a script without spaces: they are marked wherever they stand. */
  readonly parts: readonly string[];
}

const UNSPACED =
  /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Hangul}]/u;

export function markedWords(query: ParsedQuery): Marked {
  const words = new Set<string>();
  const beginnings = new Set<string>();
  const stems = new Set<string>();
  const parts = new Set<string>();
  const wanted = query.groups.flat().filter((term) => !term.negated);
  for (const { spellings, prefix } of wanted.flatMap(({ alternatives }) => alternatives.flat())) {
    for (const spelling of spellings) {
      const stem = /^[a-z]{2}~(.+)$/u.exec(spelling)?.[1];
      if (stem !== undefined) stems.add(stem);
      else if (UNSPACED.test(spelling)) parts.add(spelling);
      else if (prefix) beginnings.add(spelling);
      else words.add(spelling);
    }
  }
  return { words, beginnings: [...beginnings], stems: [...stems], parts: [...parts] };
}
