import { type Token, tokenize } from '../tokenizer/tokenizer.ts';
import type { Marked } from './query-text.ts';

/** Characters around the marked words of a snippet, markup not counted. */
const SNIPPET_LENGTH = 200;
const LEAD = 60;
/** Of a text this much is looked through; the work of one answer is bounded by it. */
export const MAX_SCANNED_LENGTH = 10_000;

/**
 * A text as HTML with the query's words in `<mark>`: everything of the text itself is escaped, so the only elements in
 * it are these. Of a long text the stretch that has most of them. `marked` says whether any word is.
 */
export function highlight(text: string, query: Marked): { readonly html: string; readonly marked: boolean } {
  const scanned = text.slice(0, MAX_SCANNED_LENGTH);
  const hits = [...tokenize(scanned)].filter((word) => isMarked(word, query));
  const { start, end } = bestStretch(scanned, hits);
  let html = start > 0 ? '…' : '';
  let at = start;
  for (const hit of hits) {
    if (hit.start < start || hit.end > end) continue;
    html += `${escapeHtml(scanned.slice(at, hit.start))}<mark>${escapeHtml(scanned.slice(hit.start, hit.end))}</mark>`;
    at = hit.end;
  }
  html += escapeHtml(scanned.slice(at, end)) + (end < text.length ? '…' : '');
  return { html, marked: hits.length > 0 };
}

function isMarked({ normalised }: Token, query: Marked): boolean {
  return query.words.has(normalised) || query.beginnings.some((beginning) => normalised.startsWith(beginning));
}

/** Where the snippet begins and ends: on edges of words wherever there are any near. */
function bestStretch(text: string, hits: readonly Token[]): { start: number; end: number } {
  let best = 0;
  let bestCount = 0;
  let last = 0;
  for (let first = 0; first < hits.length; first += 1) {
    const limit = (hits[first]?.start ?? 0) + SNIPPET_LENGTH - LEAD;
    while (last < hits.length && (hits[last]?.end ?? 0) <= limit) last += 1;
    if (last - first > bestCount) {
      bestCount = last - first;
      best = first;
    }
  }
  const from = Math.max(0, (hits[best]?.start ?? 0) - LEAD);
  const start = from === 0 ? 0 : edgeAfter(text, from, hits[best]?.start ?? from);
  const to = Math.min(text.length, Math.max(start + SNIPPET_LENGTH, hits[best]?.end ?? 0));
  return { start, end: to === text.length ? to : edgeBefore(text, to, hits[best]?.end ?? start) };
}

function edgeAfter(text: string, from: number, atMost: number): number {
  const space = text.slice(from, atMost).search(/\s/u);
  return space === -1 ? wholeCharacter(text, from) : from + space + 1;
}

function edgeBefore(text: string, to: number, atLeast: number): number {
  const space = text.slice(atLeast, to).search(/\s\S*$/u);
  return space === -1 ? wholeCharacter(text, to) : atLeast + space;
}

/** Never between the halves of a surrogate pair. */
function wholeCharacter(text: string, index: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(index)) ? index - 1 : index;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
