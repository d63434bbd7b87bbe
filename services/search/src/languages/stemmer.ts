import { type Kysely, sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { normalise } from '../tokenizer/normalisation.ts';

/** PostgreSQL's Snowball dictionaries by language. */
const DICTIONARIES: Readonly<Record<string, string>> = Object.freeze({
  ar: 'arabic',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hi: 'hindi',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  nb: 'norwegian',
  ne: 'nepali',
  nl: 'dutch',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  yi: 'yiddish',
});

/** A language whose words are stemmed, of a BCP 47 tag; undefined for all others. */
export function stemmedLanguage(tag: string | undefined): string | undefined {
  const [language = ''] = (tag ?? '').toLowerCase().split('-');
  return Object.hasOwn(DICTIONARIES, language) ? language : undefined;
}

export interface Word {
  readonly language: string;
  /** As it is written. */
  readonly word: string;
}

export interface Stemmer {
  /** The lexeme of each word's stem, in order; undefined for words that have none, such as articles. */
  lexemes(database: Kysely<unknown>, words: readonly Word[]): Promise<readonly (string | undefined)[]>;
}

const MAX_REMEMBERED = 100_000;
const MAX_WORD_LENGTH = 40;
/** Words of one statement. */
const BATCH = 20_000;

/**
 * Stems by PostgreSQL's Snowball dictionaries. Words go there with their accents, which stemmers need, and stems come back
 * normalised. A stem's lexeme names its language (`en~run`), so that it is no word that anybody can type.
 */
export function createStemmer(): Stemmer {
  const remembered = new LRUCache<string, { lexeme: string | undefined }>({ max: MAX_REMEMBERED });

  return {
    lexemes: async (database, words) => {
      const keys = words.map(({ language, word }) => `${language}~${plain(word)}`);
      const stems = new Map<string, string | undefined>();
      const asked: string[] = [];
      for (const key of new Set(keys)) {
        const known = remembered.get(key);
        if (known === undefined) asked.push(key);
        else stems.set(key, known.lexeme);
      }
      for (let from = 0; from < asked.length; from += BATCH) {
        const batch = asked.slice(from, from + BATCH);
        for (const [index, lexeme] of (await stemmed(database, batch)).entries()) {
          const key = batch[index] ?? '';
          stems.set(key, lexeme);
          remembered.set(key, { lexeme });
        }
      }
      return keys.map((key) => stems.get(key));
    },
  };
}

function plain(word: string): string {
  return word
    .replace(/\p{Cf}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .slice(0, MAX_WORD_LENGTH)
    .toWellFormed();
}

async function stemmed(database: Kysely<unknown>, keys: readonly string[]): Promise<(string | undefined)[]> {
  const split = keys.map((key) => ({ language: key.slice(0, 2), word: key.slice(3) }));
  const dictionaries = split.map(({ language }) => `pg_catalog.${DICTIONARIES[language]}_stem`);
  const { rows } = await sql<{ stem: string | null }>`
    select (ts_lexize(dictionary::regdictionary, word))[1] as stem
    from unnest(${dictionaries}::text[], ${split.map(({ word }) => word)}::text[]) with ordinality
      as given (dictionary, word, place)
    order by place`.execute(database);
  return rows.map(({ stem }, index) => {
    const normalised = stem === null ? '' : normalise(stem);
    return normalised === '' ? undefined : `${split[index]?.language}~${normalised}`;
  });
}
