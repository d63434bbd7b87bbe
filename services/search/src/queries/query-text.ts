import { MAX_PHRASE_WORDS } from '../documents/passages.ts';
import { formerWords } from '../tokenizer/former-words.ts';
import { transcribed } from '../tokenizer/normalisation.ts';
import { type Token, tokenize } from '../tokenizer/tokenizer.ts';

/** A query as it was understood. */
export interface ParsedQuery {
  /** Any of the groups must hold; of a group all terms. */
  readonly groups: readonly (readonly Term[])[];
}

export interface Term {
  /** One of them must be there; the first is what was typed. */
  readonly alternatives: readonly Phrase[];
  readonly negated: boolean;
  readonly quoted: boolean;
  /** The word as it was typed, if the term is one word outside of quotation marks. */
  readonly written: string | undefined;
}

/** Lexemes that follow each other. */
export type Phrase = readonly Lexeme[];

export interface Lexeme {
  /** Any of them, in the indexed form. */
  readonly spellings: readonly string[];
  /** It may be the beginning of a longer one. */
  readonly prefix: boolean;
  /** Places behind the lexeme before it. */
  readonly distance: number;
}

/** A query has more words than are looked for. */
export class QueryTooComplex extends Error {
  readonly code = 'query_too_complex';
}

const MAX_QUERY_WORDS = 16;

/**
 * Reads what a person types: words must all occur, `"…"` is a phrase, `-` excludes, `or` separates alternatives. The last word,
 * if the text ends with it, may be unfinished. Everything else only separates words: no text is an error.
 * With `former`, words are looked for as older documents have them too.
 * Gives undefined when nothing is left to look for. Throws QueryTooComplex over MAX_QUERY_WORDS words.
 */
export function parseQuery(text: string, { former = false } = {}): ParsedQuery | undefined {
  const groups: Term[][] = [[]];
  let words = 0;
  let lexemes = 0;
  for (const { source, quoted, closed, negated, end } of pieces(text)) {
    if (!quoted && !negated && source.toLowerCase() === 'or') {
      groups.push([]);
      continue;
    }
    const tokens = [...tokenize(source)];
    const counted = tokens.filter(({ kind }) => kind !== 'compound');
    const [first] = counted;
    if (first === undefined) continue;
    words += counted.filter(({ kind }) => kind !== 'pair').length;
    lexemes += counted.length;
    if (words > MAX_QUERY_WORDS || lexemes > MAX_PHRASE_WORDS) {
      throw new QueryTooComplex(`a query has at most ${MAX_QUERY_WORDS} words`);
    }
    const unfinished = end === text.length && !closed && !negated;
    const alternatives = alternativesOf(source, tokens, unfinished);
    if (former) alternatives.push(formerPhrase(source, unfinished));
    const single = !quoted && tokens.length === 1 && first.kind === 'word';
    groups
      .at(-1)
      ?.push({ alternatives, negated, quoted, written: single ? source.slice(first.start, first.end) : undefined });
  }
  const filled = groups.filter((group) => group.length > 0);
  return filled.length > 0 ? { groups: filled } : undefined;
}

interface Piece {
  readonly source: string;
  readonly negated: boolean;
  readonly quoted: boolean;
  /** Quoted, and the closing quotation mark is there. */
  readonly closed: boolean;
  readonly end: number;
}

function* pieces(text: string): Generator<Piece> {
  for (const match of text.matchAll(/(-?)(?:"([^"]*)("?)|([^\s"]+))/gu)) {
    const [whole, minus, quoted, closing, bare] = match;
    yield {
      source: quoted ?? bare ?? '',
      negated: minus === '-',
      quoted: quoted !== undefined,
      closed: closing === '"',
      end: match.index + whole.length,
    };
  }
}

/** The words in their order, and the whole as one compound, if it is one: documents may write it as several words. */
function alternativesOf(source: string, tokens: readonly Token[], unfinished: boolean): Phrase[] {
  const words = tokens.filter(({ kind }) => kind !== 'compound');
  const compounds = tokens.filter(({ kind }) => kind === 'compound');
  const within = (compound: Token) => words.filter((word) => word.start >= compound.start && word.end <= compound.end);
  const whole = compounds.find((compound) => words.length > 1 && within(compound).length === words.length);
  const phrase: Lexeme[] = [];
  let distance = 1;
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    // The last character of a run of pairs is a part of the last pair.
    if (word.kind === 'single' && before?.kind === 'pair' && before.end === word.end) {
      distance += 1;
      continue;
    }
    const next = words[index + 1];
    const last = next === undefined || (next.kind === 'single' && next.end === word.end && index === words.length - 2);
    const named = compounds.find((compound) => within(compound).length === 1 && within(compound)[0] === word);
    const normalised = (named ?? word).normalised;
    const other =
      named === undefined && word.kind === 'word' ? transcribed(source.slice(word.start, word.end)) : undefined;
    phrase.push({
      spellings: other === undefined || other === normalised ? [normalised] : [normalised, other],
      // A character alone is the first of a pair, wherever it stands.
      prefix: word.kind === 'single' || (last && unfinished && word.kind === 'word' && longEnough(normalised)),
      distance,
    });
    distance = 1;
  }
  if (whole === undefined) return [phrase];
  return [[{ spellings: [whole.normalised], prefix: unfinished, distance: 1 }], phrase];
}

function formerPhrase(source: string, unfinished: boolean): Phrase {
  const words = formerWords(source);
  return words.map((word, index) => ({
    spellings: [word],
    prefix: unfinished && index === words.length - 1 && longEnough(word),
    distance: 1,
  }));
}

/** One Latin letter begins too many words to be a useful beginning. */
function longEnough(word: string): boolean {
  return word.length >= 2 || /[^\p{ASCII}]/u.test(word);
}
