import { defaultLanguage, type Language, languageOfTag, negotiateLanguage } from '@gaia/i18n/language';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CookieSettings } from './cookie-settings.ts';

/** In which language a browser is answered, and in which auth writes the mails that it causes. */
export interface LanguageChoice {
  /** The language that was chosen on a page, else the best of Accept-Language. */
  read(request: FastifyRequest): Language;
  keep(reply: FastifyReply, language: Language): void;
}

const YEAR_SECONDS = 31_536_000;

export function createLanguageChoice({ nameOf }: CookieSettings): LanguageChoice {
  const name = nameOf('gaia-language');
  return {
    read: ({ cookies, headers }) =>
      languageOfTag(cookies[name]) ?? negotiateLanguage(headers['accept-language']) ?? defaultLanguage,
    keep: (reply, language) => void reply.setCookie(name, language, { maxAge: YEAR_SECONDS }),
  };
}
