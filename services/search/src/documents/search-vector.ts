import type { AnalysedToken, Analysis } from './analysis.ts';

/** The lexeme of a token's stem; undefined if it has none. */
export type StemOf = (token: AnalysedToken) => string | undefined;

/** PostgreSQL's limits on a tsvector, with room to spare: positions, positions of one word, bytes. */
export const MAX_POSITION = 16_383;
export const MAX_POSITIONS_OF_WORD = 255;
const MAX_BYTES = 900_000;
const BYTES_OF_WORD = 8;
const BYTES_OF_POSITION = 2;
/** Between title and text, so that no phrase reaches from one into the other. */
const GAP = 8;

export interface SearchVector {
  /** PostgreSQL's tsvector, in text form. */
  readonly text: string;
  /** Whether every word has all of its places. */
  readonly whole: boolean;
}

interface Builder extends SearchVector {
  add(word: string, place?: string): void;
}

function createBuilder(): Builder {
  const places = new Map<string, string[]>();
  let bytes = 0;
  let whole = true;
  return {
    add: (word, place) => {
      let of = places.get(word);
      if (of === undefined) {
        const size = Buffer.byteLength(word) + BYTES_OF_WORD;
        if (bytes + size > MAX_BYTES) {
          whole = false;
          return;
        }
        bytes += size;
        of = [];
        places.set(word, of);
      }
      if (place === undefined) return;
      if (of.length >= MAX_POSITIONS_OF_WORD || bytes + BYTES_OF_POSITION > MAX_BYTES) whole = false;
      else {
        bytes += BYTES_OF_POSITION;
        of.push(place);
      }
    },
    get text() {
      return [...places].map(([word, of]) => `'${word}'${of.length > 0 ? `:${of.join(',')}` : ''}`).join(' ');
    },
    get whole() {
      return whole;
    },
  };
}

/**
 * Words of the title weigh A, those of the text B; stems have no places, so that the words themselves rank first and phrases
 * are exact. Each site has a word of its own (siteWord), and each word of the title stands a second time as titleWord, so that
 * the index alone can tell documents of a site and matches in titles. Never longer than PostgreSQL takes, whatever the text.
 */
export function searchVector(site: string, { title, text }: Analysis, stemOf: StemOf): SearchVector {
  const builder = createBuilder();
  builder.add(siteWord(site));
  let position = 0;
  let placed = true;
  const addAll = (tokens: readonly AnalysedToken[], weight: 'A' | 'B') => {
    for (const token of tokens) {
      const first = token.kind === 'compound' ? position + 1 : ++position;
      // A word without a position is found, but takes no part in phrases; a clamped position would make wrong ones.
      if (first > MAX_POSITION) placed = false;
      const place = first > MAX_POSITION ? undefined : `${first}${weight}`;
      const stem = stemOf(token);
      for (const word of spellings(token)) {
        builder.add(word, place);
        if (weight === 'A') builder.add(titleWord(word));
      }
      if (stem === undefined) continue;
      builder.add(stem);
      if (weight === 'A') builder.add(titleWord(stem));
    }
  };
  addAll(title.tokens, 'A');
  position += GAP;
  addAll(text.tokens, 'B');
  return { text: builder.text, whole: builder.whole && placed };
}

/** The places of some tokens of a text, for phrases alone. */
export function passageVector(tokens: readonly AnalysedToken[]): SearchVector {
  const builder = createBuilder();
  let position = 0;
  for (const token of tokens) {
    const first = token.kind === 'compound' ? position + 1 : ++position;
    for (const word of spellings(token)) builder.add(word, first > MAX_POSITION ? undefined : `${first}B`);
  }
  return { text: builder.text, whole: builder.whole && position <= MAX_POSITION };
}

function spellings({ normalised, transcribed }: AnalysedToken): string[] {
  return transcribed === undefined || transcribed === normalised ? [normalised] : [normalised, transcribed];
}

/** The word that all documents of a site have. It holds a colon, which no word of a text or a query can. */
export function siteWord(site: string): string {
  return `site:${site}`;
}

export function titleWord(word: string): string {
  return `title:${word}`;
}
