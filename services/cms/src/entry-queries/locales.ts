/** Languages by whose rules texts can be sorted: ICU has a collation of each in every PostgreSQL that is built with it. */
export const locales = [
  'ar',
  'bg',
  'bn',
  'ca',
  'cs',
  'da',
  'de',
  'el',
  'en',
  'es',
  'et',
  'fa',
  'fi',
  'fr',
  'he',
  'hi',
  'hr',
  'hu',
  'id',
  'it',
  'ja',
  'ko',
  'lt',
  'lv',
  'nb',
  'nl',
  'pl',
  'pt',
  'ro',
  'ru',
  'sk',
  'sl',
  'sr',
  'sv',
  'ta',
  'th',
  'tr',
  'uk',
  'vi',
  'zh',
] as const;
export type Locale = (typeof locales)[number];

/** The name of the locale's collation in PostgreSQL. */
export function collationOf(locale: Locale): string {
  return `${locale}-x-icu`;
}
