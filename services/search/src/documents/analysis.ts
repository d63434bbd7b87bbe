import type { EntryCopy, LanguageSpan } from '@gaia/feed-follower/events';
import { stemmedLanguage, type Word } from '../languages/stemmer.ts';
import { transcribed } from '../tokenizer/normalisation.ts';
import { type Token, tokenize } from '../tokenizer/tokenizer.ts';

export interface AnalysedToken extends Token {
  /** Its other spelling (`mueller`), if it has one. */
  readonly transcribed: string | undefined;
  /** What is to be stemmed of it, if its language is known to have stems. */
  readonly stemmed: Word | undefined;
}

export interface AnalysedText {
  readonly text: string;
  readonly tokens: readonly AnalysedToken[];
}

export interface Analysis {
  readonly title: AnalysedText;
  readonly text: AnalysedText;
}

const MAX_TITLE_LENGTH = 1_000;
const MIN_STEMMED_LENGTH = 3;

/** The tokens of a copy of an entry, each with the language that its part of the text is in. */
export function analyse(copy: Pick<EntryCopy, 'title' | 'titleLanguage' | 'text' | 'languages'>): Analysis {
  const title = copy.title.slice(0, MAX_TITLE_LENGTH).toWellFormed();
  const titleSpan = { language: copy.titleLanguage ?? '', from: 0, to: title.length };
  return { title: analyseText(title, [titleSpan]), text: analyseText(copy.text, copy.languages) };
}

function analyseText(text: string, spans: readonly LanguageSpan[]): AnalysedText {
  const languages = spans
    .map((span) => ({ ...span, language: stemmedLanguage(span.language) }))
    .toSorted((a, b) => a.from - b.from);
  const tokens: AnalysedToken[] = [];
  let at = 0;
  for (const token of tokenize(text)) {
    while ((languages[at]?.to ?? Number.POSITIVE_INFINITY) <= token.start) at += 1;
    const span = languages[at];
    const language = span !== undefined && span.from <= token.start ? span.language : undefined;
    const written = token.kind === 'word' ? text.slice(token.start, token.end) : '';
    const stems = language !== undefined && token.normalised.length >= MIN_STEMMED_LENGTH && /\p{L}/u.test(written);
    tokens.push({
      ...token,
      transcribed: token.kind === 'word' ? transcribed(written) : undefined,
      stemmed: stems ? { language, word: written } : undefined,
    });
  }
  return { text, tokens };
}

export function languagesOf({ title, text }: Analysis): string[] {
  return [...new Set([...title.tokens, ...text.tokens].flatMap(({ stemmed }) => stemmed?.language ?? []))];
}
