import { siteWord, titleWord } from '../documents/search-vector.ts';
import type { ParsedQuery, Phrase, Term } from './query-text.ts';

type Spell = (word: string) => string;
const asItIs: Spell = (word) => word;

/**
 * The query as PostgreSQL's tsquery, in text form. Lexemes are letters, digits, marks and the signs of compounds only, so
 * quotes alone make them safe.
 */
export function toTsquery(query: ParsedQuery): string {
  return groupsText(query, (term) => termText(term, phraseText));
}

/** What every match has, whatever the order of its words: phrases are their words, and excluded phrases are let through. */
export function looseTsquery(query: ParsedQuery): string | undefined {
  return groupsText(query, (term) =>
    term.negated && term.alternatives.some((phrase) => phrase.length > 1) ? undefined : termText(term, wordsText),
  );
}

/** The documents of a site that the query matches. */
export function siteTsquery(site: string, tsquery: string | undefined): string {
  return tsquery === undefined || tsquery === '' ? `'${siteWord(site)}'` : `'${siteWord(site)}' & (${tsquery})`;
}

/** Documents that have every word wanted by one alternative in the title; undefined if nothing is wanted. */
export function titleTsquery(query: ParsedQuery): string | undefined {
  const groups = query.groups.map((group) => group.filter((term) => !term.negated)).filter((group) => group.length > 0);
  if (groups.length === 0) return undefined;
  // Title words have no places: a phrase is looked for as its words here.
  return groupsText({ groups }, (term) => termText(term, (phrase) => wordsText(phrase, titleWord)));
}

/** Any word that is wanted, for highlights; undefined if nothing is wanted. */
export function anyWordTsquery(query: ParsedQuery): string | undefined {
  const lexemes = query.groups
    .flat()
    .filter((term) => !term.negated)
    .flatMap((term) => term.alternatives.flat());
  return lexemes.length === 0
    ? undefined
    : [...new Set(lexemes.map((lexeme) => lexemeText(lexeme, asItIs)))].join(' | ');
}

export function hasPhrases(query: ParsedQuery): boolean {
  return query.groups.flat().some((term) => term.alternatives.some((phrase) => phrase.length > 1));
}

/** The words of a phrase in their order. */
export function phraseText(phrase: Phrase): string {
  return phrase
    .map((lexeme, index) => {
      const before = index === 0 ? '' : lexeme.distance === 1 ? ' <-> ' : ` <${lexeme.distance}> `;
      return before + lexemeText(lexeme, asItIs);
    })
    .join('');
}

function wordsText(phrase: Phrase, spell: Spell = asItIs): string {
  return phrase.map((lexeme) => lexemeText(lexeme, spell)).join(' & ');
}

function lexemeText({ spellings, prefix }: Phrase[number], spell: Spell): string {
  const texts = spellings.map((spelling) => `'${spell(spelling)}'${prefix ? ':*' : ''}`);
  return texts.length === 1 ? (texts[0] ?? '') : `(${texts.join(' | ')})`;
}

function termText({ alternatives, negated }: Term, text: (phrase: Phrase) => string): string {
  const texts = alternatives.map((phrase) =>
    alternatives.length > 1 && phrase.length > 1 ? `(${text(phrase)})` : text(phrase),
  );
  return `${negated ? '!' : ''}(${texts.join(' | ')})`;
}

function groupsText(query: ParsedQuery, text: (term: Term) => string | undefined): string {
  const groups = query.groups.map((group) => group.flatMap((term) => text(term) ?? []));
  // A group without any condition holds for everything, and so does the query.
  if (groups.some((group) => group.length === 0)) return '';
  return groups.map((group) => `(${group.join(' & ')})`).join(' | ');
}
