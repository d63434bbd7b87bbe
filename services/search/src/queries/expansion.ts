import type { Kysely } from 'kysely';
import type { SearchDatabase } from '../database.ts';
import { similarWords } from '../dictionary/dictionary.ts';
import type { Stemmer } from '../languages/stemmer.ts';
import type { SynonymIndex } from '../synonyms/synonym-index.ts';
import type { Lexeme, ParsedQuery, Phrase, Term } from './query-text.ts';

const MIN_STEMMED_LENGTH = 3;
/** Groups that synonyms of several words make. */
const MAX_GROUPS = 8;
const MAX_SYNONYM_WORDS = 4;

/** The query with the stems of its words in some languages. Excluded words and phrases stay as they are. */
export async function withStems(
  query: ParsedQuery,
  languages: readonly string[],
  { database, stemmer }: { readonly database: Kysely<SearchDatabase>; readonly stemmer: Stemmer },
): Promise<ParsedQuery> {
  const words = query.groups
    .flat()
    .flatMap(({ written, negated }) => (written === undefined || negated || !isStemmed(written) ? [] : [written]));
  const asked = [...new Set(words)].flatMap((word) => languages.map((language) => ({ language, word })));
  if (asked.length === 0) return query;
  const lexemes = await stemmer.lexemes(database as unknown as Kysely<unknown>, asked);
  const stemsOf = Map.groupBy(asked.keys(), (index) => asked[index]?.word ?? '');
  return withAlternatives(query, (written) =>
    (stemsOf.get(written) ?? []).flatMap((index) => lexemes[index] ?? []).map((stem) => [lexemeOf(stem)]),
  );
}

/** The query with words of the site's documents that are spelled nearly like its own. */
export async function withSimilarWords(
  query: ParsedQuery,
  site: string,
  database: Kysely<SearchDatabase>,
): Promise<ParsedQuery | undefined> {
  const wanted = query.groups.flat().filter(({ written, negated }) => written !== undefined && !negated);
  const words = [...new Set(wanted.flatMap(({ alternatives }) => alternatives[0]?.[0]?.spellings[0] ?? []))];
  const similar = await similarWords(database, site, words);
  if ([...similar.values()].every((found) => found.length === 0)) return undefined;
  return withAlternatives(query, (_written, word) => (similar.get(word) ?? []).map((found) => [lexemeOf(found)]));
}

/** The query with synonyms of its words; those of several words in a row make groups of their own. */
export function withSynonyms(query: ParsedQuery, synonyms: SynonymIndex): ParsedQuery {
  if (synonyms.size === 0) return query;
  const phrasesOf = (words: readonly string[]) => (synonyms.get(words.join(' ')) ?? []).map((other) => phraseOf(other));
  const groups: Term[][] = [];
  for (const group of query.groups) {
    groups.push(
      group.map((term) => {
        const word = plainWord(term);
        const more = word === undefined ? [] : phrasesOf([word]);
        return more.length === 0 ? term : { ...term, alternatives: [...term.alternatives, ...more] };
      }),
    );
    for (let from = 0; from < group.length && groups.length < query.groups.length + MAX_GROUPS; from += 1) {
      for (let to = from + 2; to <= Math.min(group.length, from + MAX_SYNONYM_WORDS); to += 1) {
        const words = group.slice(from, to).map(plainWord);
        const alternatives = words.includes(undefined) ? [] : phrasesOf(words as string[]);
        if (alternatives.length === 0) continue;
        const term = { alternatives, negated: false, quoted: false, written: undefined };
        groups.push([...group.slice(0, from), term, ...group.slice(to)]);
      }
    }
  }
  return { groups };
}

function withAlternatives(query: ParsedQuery, more: (written: string, word: string) => readonly Phrase[]): ParsedQuery {
  const groups = query.groups.map((group) =>
    group.map((term) => {
      if (term.written === undefined || term.negated) return term;
      const word = term.alternatives[0]?.[0]?.spellings[0] ?? '';
      return { ...term, alternatives: [...term.alternatives, ...more(term.written, word)] };
    }),
  );
  return { groups };
}

function plainWord({ negated, quoted, alternatives }: Term): string | undefined {
  return negated || quoted ? undefined : alternatives[0]?.map(({ spellings }) => spellings[0] ?? '').join(' ');
}

function phraseOf(words: readonly string[]): Phrase {
  return words.map((word) => lexemeOf(word));
}

function lexemeOf(spelling: string): Lexeme {
  return { spellings: [spelling], prefix: false, distance: 1 };
}

function isStemmed(word: string): boolean {
  return word.length >= MIN_STEMMED_LENGTH && /\p{L}/u.test(word);
}
