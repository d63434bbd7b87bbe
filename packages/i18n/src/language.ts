/** The languages of everything that people read: pages and mails. The first is for requests that name none of them. */
export const languages = Object.freeze(['en', 'fr', 'de', 'zh'] as const);

export type Language = (typeof languages)[number];

export const defaultLanguage: Language = languages[0];

/** Language ranges that are looked at; browsers send at most ten. */
const MAX_RANGES = 20;

/** The language of a language tag such as `de-AT`; undefined for languages that there are no texts in. */
export function languageOfTag(tag: string | undefined): Language | undefined {
  // RFC 4647 §3.4: lookup drops subtags from the end, and no text here is for less than a whole language.
  const primary = tag?.trim().toLowerCase().split('-', 1)[0];
  return languages.find((language) => language === primary);
}

/** The best language for an Accept-Language header (RFC 9110 §12.5.4); undefined where it names none. Invalid members do not count. */
export function negotiateLanguage(acceptLanguage: string | undefined): Language | undefined {
  const accepted = (acceptLanguage ?? '').split(',', MAX_RANGES).map((range) => {
    const [tag, weight = 'q=1'] = range.split(';', 2).map((part) => part.trim());
    return { language: languageOfTag(tag), quality: qualityOf(weight) };
  });
  // Array.sort is stable: among equals, the order in which they were named.
  const [best] = accepted
    .filter(({ language, quality }) => language !== undefined && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  return best?.language;
}

/** RFC 9110 §12.4.2. */
function qualityOf(weight: string): number {
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.test(weight) ? Number(weight.slice(2)) : 0;
}
