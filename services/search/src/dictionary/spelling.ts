/** Shorter words have too many others that differ by one letter; longer ones are not made of letters that a person types. */
const MIN_LENGTH = 4;
const MAX_LENGTH = 24;
/** From here on two mistakes make a word no other one. */
const LONG_WORD = 8;

/** Whether a normalised word stands in the dictionary: letters of scripts that have words. */
export function hasSpelling(word: string): boolean {
  return word.length >= MIN_LENGTH && word.length <= MAX_LENGTH && /^\p{L}[\p{L}\p{M}]*$/u.test(word);
}

/**
 * Keys that a word shares with every word that differs from it by one letter (left out, put in, another one, or two in each
 * other's place): the word itself and what is left without any one letter. As numbers, because an index of numbers is small;
 * that two keys are the same by chance does no harm, since spellings are compared afterwards.
 */
export function spellingKeys(site: string, word: string): number[] {
  const letters = [...word];
  const rests = letters.map((_, index) => letters.toSpliced(index, 1).join(''));
  return [...new Set([word, ...rests].map((rest) => hash(`${site} ${rest}`)))];
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value | 0;
}

/** How many mistakes make one word of the other, if they are few enough for a word of its length; else undefined. */
export function mistakes(wanted: string, found: string): number | undefined {
  const most = wanted.length >= LONG_WORD ? 2 : 1;
  const distance = editDistance([...wanted], [...found]);
  return distance <= most ? distance : undefined;
}

/** Optimal string alignment: letters left out, put in, changed, or two neighbours exchanged. */
function editDistance(one: readonly string[], other: readonly string[]): number {
  let twoBack: number[] = [];
  let back = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const exchanged = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (back[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (back[j - 1] ?? 0) + (same ? 0 : 1),
        exchanged ? (twoBack[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    twoBack = back;
    back = row;
  }
  return back[other.length] ?? 0;
}
