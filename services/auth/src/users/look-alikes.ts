/**
 * Letters of other alphabets, each with the Latin one that it cannot be told from (a part of the confusables of
 * UTS #39 §4): a name in one script can look like a name in another. Case stays, because capitals look alike where small
 * letters do not.
 */
const pairs = (
  'АA аa ВB ЕE еe ЁË ёë ЅS ѕs ІI іi ЇÏ їï ЈJ јj КK МM НH һh ОO оo РP рp СC сc ТT УY уy ХX хx Ӏl ӏl ԁd ԚQ ԛq ԜW ԝw ҮY ' +
  'ΑA αa ΒB ΕE ΖZ ΗH ΙI ιi ΚK ΜM ΝN νv ΟO οo ΡP ρp ΤT ΥY υu ΧX γy σo ϲc ՕO օo ոn ՍU սu հh ցg զq յj ıi ɡg ɑa'
).split(' ');

/** The letters, and what each of them looks like, in the same order: for `translate` of PostgreSQL as well. */
export const LOOK_ALIKES = pairs.map((pair) => pair[0]).join('');
export const LATIN_LETTERS = pairs.map((pair) => pair[1]).join('');

const latinFor: ReadonlyMap<string, string> = new Map(pairs.map(([letter = '', latin = '']) => [letter, latin]));

/** What a name looks like: names with one skeleton are one name to a reader (UTS #39 §4). */
export function skeletonOf(name: string): string {
  return [...name]
    .map((letter) => latinFor.get(letter) ?? letter)
    .join('')
    .toLowerCase();
}

/** Scripts in everyday use (UAX #31, table 5). */
const scripts = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Georgian',
  'Hebrew',
  'Arabic',
  'Thaana',
  'Ethiopic',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Tibetan',
];

/** UTS #39 §5.2, “highly restrictive”: one script, or Latin beside the scripts of Chinese, Japanese and Korean. */
const alphabets: readonly RegExp[] = [
  ...scripts.map((script) => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
].map((ones) => {
  const classes = [...ones, 'Common', 'Inherited'].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]+$`, 'u');
});

/** Whether all letters of a name belong together. `pаypal` with a Cyrillic а passes for another name and is refused. */
export function isOfOneAlphabet(name: string): boolean {
  return alphabets.some((alphabet) => alphabet.test(name));
}
