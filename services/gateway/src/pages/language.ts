import { de } from './texts/de.ts';
import { en } from './texts/en.ts';
import { fr } from './texts/fr.ts';
import type { Texts } from './texts/texts.ts';
import { zh } from './texts/zh.ts';

/** The languages of the pages; the first is the one for everybody else. */
export const languages: readonly Texts[] = Object.freeze([en, fr, de, zh]);

const MAX_RANGES = 20;

/** The language that was chosen, else the best of Accept-Language (RFC 9110 §12.5.4), else the first. */
export function chooseLanguage(chosen: string | undefined, acceptLanguage: string | undefined): Texts {
  return named(chosen) ?? preferred(acceptLanguage ?? '') ?? en;
}

function named(language: string | undefined): Texts | undefined {
  const primary = language?.trim().toLowerCase().split('-', 1)[0];
  return languages.find((texts) => texts.language === primary);
}

function preferred(acceptLanguage: string): Texts | undefined {
  const ranges = acceptLanguage
    .split(',', MAX_RANGES)
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';');
      const quality = parameters.find((parameter) => parameter.trim().startsWith('q='))?.trim();
      const weight = quality === undefined ? 1 : Number(quality.slice(2));
      return { texts: named(tag), weight };
    })
    .filter(({ weight }) => weight > 0);
  // Array.sort is stable: among equals, the order in which they were named.
  return ranges.sort((a, b) => b.weight - a.weight).find(({ texts }) => texts !== undefined)?.texts;
}
