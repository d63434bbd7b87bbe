import { tokenize } from '../tokenizer/tokenizer.ts';

export interface SearchableText {
  readonly title: string;
  readonly text: string;
}

/** PostgreSQL's limits on a tsvector, with room to spare: positions, positions of one word, bytes. */
const MAX_POSITION = 16_383;
const MAX_POSITIONS_OF_WORD = 255;
const MAX_BYTES = 800_000;
const BYTES_OF_WORD = 8;
const BYTES_OF_POSITION = 2;
/** Of a title and of a text no more than this many characters are indexed. */
const MAX_TITLE_LENGTH = 1_000;
const MAX_TEXT_LENGTH = 1_000_000;
/** Between title and text, so that no phrase reaches from one into the other. */
const GAP = 8;

/**
 * A document as PostgreSQL's tsvector, in text form: words of the title weigh A, those of the text B; each site has a
 * word of its own (siteWord), and each word of the title stands a second time as titleWord, so that the index alone can
 * tell documents of a site and matches in titles. Never longer than PostgreSQL takes, whatever the text.
 */
export function searchVector(site: string, searchable: SearchableText): string {
  const places = new Map<string, string[]>();
  let bytes = 0;
  let position = 0;

  function add(word: string, place: string | undefined): boolean {
    let of = places.get(word);
    if (of === undefined) {
      bytes += Buffer.byteLength(word) + BYTES_OF_WORD;
      of = [];
      places.set(word, of);
    }
    if (place !== undefined && of.length < MAX_POSITIONS_OF_WORD) {
      bytes += BYTES_OF_POSITION;
      of.push(place);
    }
    return bytes < MAX_BYTES;
  }

  function addAll(text: string, weight: 'A' | 'B', prefixed: boolean): void {
    for (const { normalised } of tokenize(text)) {
      position += 1;
      if (prefixed) add(titleWord(normalised), undefined);
      // A word without a position is found, but takes no part in phrases; a clamped position would make wrong ones.
      if (!add(normalised, position <= MAX_POSITION ? `${position}${weight}` : undefined)) return;
    }
  }

  add(siteWord(site), undefined);
  addAll(searchable.title.slice(0, MAX_TITLE_LENGTH), 'A', true);
  position += GAP;
  addAll(searchable.text.slice(0, MAX_TEXT_LENGTH), 'B', false);
  return [...places].map(([word, of]) => `'${word}'${of.length > 0 ? `:${of.join(',')}` : ''}`).join(' ');
}

/** The word that all documents of a site have. It holds a colon, which no word of a text or a query can. */
export function siteWord(site: string): string {
  return `site:${site}`;
}

export function titleWord(word: string): string {
  return `title:${word}`;
}
