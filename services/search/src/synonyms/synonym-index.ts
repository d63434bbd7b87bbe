import { tokenize } from '../tokenizer/tokenizer.ts';

/** By the words of a text, parted by spaces: the words of those that mean the same. */
export type SynonymIndex = ReadonlyMap<string, readonly (readonly string[])[]>;

/** Texts without any word are left out. */
export function indexSynonyms(groups: readonly (readonly string[])[]): SynonymIndex {
  const index = new Map<string, (readonly string[])[]>();
  for (const group of groups) {
    const all = group.map(wordsOf).filter((words) => words.length > 0);
    for (const words of all) {
      const key = words.join(' ');
      const others = all.filter((other) => other.join(' ') !== key);
      index.set(key, [...(index.get(key) ?? []), ...others]);
    }
  }
  return index;
}

/** As a query has them: a compound, words, or pairs of a script without spaces in a row. */
export function wordsOf(text: string): string[] {
  const all = [...tokenize(text)];
  const tokens = all.filter(({ kind }) => kind !== 'compound');
  const whole = all.find(
    ({ kind, start, end }) => kind === 'compound' && tokens.every((token) => start <= token.start && token.end <= end),
  );
  if (whole !== undefined) return [whole.normalised];
  return tokens.flatMap(({ kind, normalised, end }, index) => {
    const before = tokens[index - 1];
    return kind === 'single' && before?.kind === 'pair' && before.end === end ? [] : [normalised];
  });
}
