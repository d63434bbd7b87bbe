import { siteWord, titleWord } from '../documents/search-vector.ts';
import { tokenize } from '../tokenizer/tokenizer.ts';

/** A query as it was understood. */
export interface ParsedQuery {
  /** Any of the groups must hold; of a group all terms. */
  readonly groups: readonly (readonly Term[])[];
}

interface Term {
  /** More than one word: they must follow each other. */
  readonly words: readonly string[];
  readonly negated: boolean;
  /** The last word may be the beginning of a longer one. */
  readonly prefix: boolean;
}

/** A query has more words than are looked for. */
export class QueryTooComplex extends Error {
  readonly code = 'query_too_complex';
}

const MAX_QUERY_WORDS = 16;

/**
 * Reads what a person types: words must all occur, `"…"` is a phrase, `-` excludes, `or` separates alternatives. The last word,
 * if the text ends with it, may be unfinished. Everything else only separates words: no text is an error.
 * Gives undefined when nothing is left to look for. Throws QueryTooComplex over MAX_QUERY_WORDS words.
 */
export function parseQuery(text: string): ParsedQuery | undefined {
  const groups: Term[][] = [[]];
  let count = 0;
  for (const { source, quoted, closed, negated, end } of pieces(text)) {
    if (!quoted && !negated && source.toLowerCase() === 'or') {
      groups.push([]);
      continue;
    }
    const found = [...tokenize(source)].map((word) => word.normalised);
    if (found.length === 0) continue;
    count += found.length;
    if (count > MAX_QUERY_WORDS) throw new QueryTooComplex(`a query has at most ${MAX_QUERY_WORDS} words`);
    const unfinished = end === text.length && !closed && !negated && longEnough(found.at(-1) ?? '');
    groups.at(-1)?.push({ words: found, negated, prefix: unfinished });
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

/** One Latin letter begins too many words to be a useful beginning. */
function longEnough(word: string): boolean {
  return word.length >= 2 || /[^\p{ASCII}]/u.test(word);
}

/** As PostgreSQL's tsquery, in text form. Words are letters, digits and marks only, so quotes alone make them safe. */
export function toTsquery(query: ParsedQuery, spell: (word: string) => string = (word) => word): string {
  const lexeme = (word: string, prefix: boolean) => `'${spell(word)}'${prefix ? ':*' : ''}`;
  const term = ({ words: of, negated, prefix }: Term) =>
    `${negated ? '!' : ''}(${of.map((word, index) => lexeme(word, prefix && index === of.length - 1)).join(' <-> ')})`;
  return query.groups.map((group) => `(${group.map(term).join(' & ')})`).join(' | ');
}

/** The documents of a site that the query matches. */
export function siteTsquery(query: ParsedQuery, site: string): string {
  return `'${siteWord(site)}' & (${toTsquery(query)})`;
}

/** Those of them that have every word wanted by one alternative in the title; undefined if nothing is wanted. */
export function titleTsquery(query: ParsedQuery, site: string): string | undefined {
  const groups = query.groups
    .map((group) =>
      group
        .filter((term) => !term.negated)
        .flatMap((term) =>
          // Title words have no places: a phrase is looked for as its words here, and exactly by siteTsquery.
          term.words.map((word, index) => ({
            ...term,
            words: [word],
            prefix: term.prefix && index === term.words.length - 1,
          })),
        ),
    )
    .filter((group) => group.length > 0);
  if (groups.length === 0) return undefined;
  return `${siteTsquery(query, site)} & (${toTsquery({ groups }, titleWord)})`;
}

/** What to mark in an answer: words as they are, and beginnings of words. */
export interface Marked {
  readonly words: ReadonlySet<string>;
  readonly beginnings: readonly string[];
}

export function markedWords(query: ParsedQuery): Marked {
  const whole = new Set<string>();
  const beginnings: string[] = [];
  for (const { words: of, negated, prefix } of query.groups.flat()) {
    if (negated) continue;
    for (const word of of) whole.add(word);
    const last = of.at(-1);
    if (prefix && last !== undefined) beginnings.push(last);
  }
  return { words: whole, beginnings };
}
