import { foldCharacters } from './normalisation.ts';

/** A text in the form in which words are compared, and where each of its characters comes from. */
export interface FoldedText {
  readonly folded: string;
  /** Place in the text, in UTF-16 units, of the character at a place of `folded`; one more for its end. */
  sourceOf(place: number): number;
}

/** By UTF-16 unit: the unit that it folds to; 0 where it is not known yet, SPECIAL where it is another number of them. */
const units = new Uint16Array(0x10000);
const SPECIAL = 0xffff;
const VOICED = 0xff9e;
const HALF_VOICED = 0xff9f;

/** Folds in one pass over the text, without looking for words: most of a text holds nothing that is looked for. */
export function foldText(text: string): FoldedText {
  const folded = new Uint16Array(text.length * 4 + 8);
  const sources = new Uint32Array(text.length * 4 + 8);
  let length = 0;
  const put = (unit: number, source: number) => {
    folded[length] = unit;
    sources[length] = source;
    length += 1;
  };
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const known = units[unit] || foldUnit(unit);
    if (known !== SPECIAL) {
      put(known, index);
      continue;
    }
    if (unit === VOICED || unit === HALF_VOICED) {
      const voiced = `${String.fromCharCode(folded[length - 1] ?? 0x20)}${unit === VOICED ? '\u3099' : '\u309a'}`;
      const composed = voiced.normalize('NFC');
      if (composed.length === 1) folded[length - 1] = composed.charCodeAt(0);
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0x20);
    const special = foldCharacters(character)
      .replace(/\p{Cf}/gu, '')
      .slice(0, 4);
    for (let at = 0; at < special.length; at += 1) put(special.charCodeAt(at), index);
    index += character.length - 1;
  }
  sources[length] = text.length;
  return {
    folded: new TextDecoder('utf-16le').decode(folded.subarray(0, length)),
    sourceOf: (place) => sources[Math.min(place, length)] ?? text.length,
  };
}

function foldUnit(unit: number): number {
  const isSpecial = (unit >= 0xd800 && unit <= 0xdfff) || unit === VOICED || unit === HALF_VOICED;
  const text = isSpecial ? '' : foldCharacters(String.fromCharCode(unit));
  const folded = text.length === 1 && !/\p{Cf}/u.test(text) ? text.charCodeAt(0) : SPECIAL;
  units[unit] = folded;
  return folded;
}
