import { escapeHtml } from '@gaia/http-service/escape-html';
import { PASSAGE_LENGTH } from '../documents/passages.ts';
import { foldText } from '../tokenizer/folded-text.ts';
import type { Marked } from './marked-words.ts';

/** Characters around the marked words of a snippet, markup not counted. */
const SNIPPET_LENGTH = 200;
const LEAD = 60;
/** Of a text this much is looked through; the work of one answer is bounded by it. */
const MAX_SCANNED_LENGTH = PASSAGE_LENGTH * 2;
/** More of them in one text say nothing more. */
const MAX_HITS = 500;
/** Letters that an ending adds to a stem. */
const MAX_ENDING = 5;

interface Hit {
  readonly start: number;
  readonly end: number;
}

/**
 * A text as HTML with the query's words in `<mark>`: everything of the text itself is escaped, so the only elements in
 * it are these. Of a long text the stretch that has most of them. `marked` says whether any word is.
 */
export function highlight(text: string, query: Marked): { readonly html: string; readonly marked: boolean } {
  const scanned = text.slice(0, MAX_SCANNED_LENGTH);
  const hits = hitsOf(scanned, query);
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

/** Where the words are, in order and apart. Only what stands around a find is looked at as a word. */
function hitsOf(text: string, query: Marked): Hit[] {
  const { folded, sourceOf } = foldText(text);
  const hits: Hit[] = [];
  const mark = (from: number, to: number) => hits.push({ start: sourceOf(from), end: sourceOf(to) });
  for (const word of query.words) {
    const open = !isWordAt(word, 0);
    const closed = !isWordAt(word, word.length - 1);
    for (const from of placesOf(folded, word)) {
      const to = from + word.length;
      if ((open || !isWordBefore(folded, from)) && (closed || !isWordAt(folded, to))) mark(from, to);
    }
  }
  for (const beginning of query.beginnings) {
    for (const from of placesOf(folded, beginning)) {
      if (!isWordBefore(folded, from)) mark(from, endOfWord(folded, from + beginning.length));
    }
  }
  for (const stem of query.stems) {
    for (const from of placesOf(folded, stem)) {
      const to = endOfWord(folded, from + stem.length);
      if (!isWordBefore(folded, from) && to - from - stem.length <= MAX_ENDING) mark(from, to);
    }
  }
  for (const part of query.parts) {
    for (const from of placesOf(folded, part)) mark(from, from + part.length);
  }
  return apart(hits);
}

function* placesOf(text: string, word: string): Generator<number> {
  let found = 0;
  for (let at = text.indexOf(word); at !== -1 && found < MAX_HITS; at = text.indexOf(word, at + 1)) {
    found += 1;
    yield at;
  }
}

const WORD_CHARACTER = /[\p{L}\p{N}\p{M}\p{Cs}]/u;

function isWordAt(text: string, index: number): boolean {
  return WORD_CHARACTER.test(text.charAt(index));
}

function isWordBefore(text: string, index: number): boolean {
  return index > 0 && isWordAt(text, index - 1);
}

function endOfWord(text: string, from: number): number {
  let end = from;
  while (isWordAt(text, end)) end += 1;
  return end;
}

/** In order; those that overlap or touch are one. */
function apart(hits: Hit[]): Hit[] {
  const merged: Hit[] = [];
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last !== undefined && hit.start <= last.end)
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, hit.end) };
    else if (hit.end > hit.start) merged.push(hit);
  }
  return merged;
}

/** Where the snippet begins and ends: on edges of words wherever there are any near. */
function bestStretch(text: string, hits: readonly Hit[]): { start: number; end: number } {
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
