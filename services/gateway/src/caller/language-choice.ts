import type { IncomingHttpHeaders } from 'node:http';
import { type Language, languageOfTag, negotiateLanguage } from '@gaia/i18n/language';
import type { Caller } from './caller.ts';
import { type CookieCodec, createHostCookie } from './host-cookie.ts';

/** In which language a browser is answered, and in which auth writes the mails that it causes. */
export interface LanguageChoice {
  /** The language that was chosen on a page, else the best of Accept-Language. */
  read(headers: IncomingHttpHeaders, caller: Caller): Language;
  /** Set-Cookie value that keeps a choice. */
  write(language: Language, caller: Caller): string;
}

const YEAR_SECONDS = 31_536_000;

export function createLanguageChoice(codec: CookieCodec): LanguageChoice {
  const cookie = createHostCookie(codec, 'gaia-language');
  return {
    read: (headers, caller) =>
      languageOfTag(cookie.read(headers.cookie, caller)) ?? negotiateLanguage(headers['accept-language']),
    write: (language, caller) => cookie.write(language, caller, YEAR_SECONDS),
  };
}
