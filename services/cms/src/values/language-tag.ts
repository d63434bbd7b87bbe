const languageTag = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?$/;

/** Whether it is a BCP 47 tag of a language, with or without a script and a region: `de`, `pt-BR`, `zh-Hant`. */
export function isLanguageTag(value: unknown): value is string {
  return typeof value === 'string' && languageTag.test(value);
}
