import { defaultLanguage, type Language } from './language.ts';

/** The same texts in every language. A text with placeholders is a function of their values. */
export type Catalogue<Texts> = Readonly<Record<Language, Texts>>;

type Leaf = readonly [path: string, value: unknown];

/**
 * What the types of a catalogue cannot see: texts that are empty, that lack a placeholder of the default language's text
 * or have another one, and sentences that were left in the default language. For tests; `placeholders` are what the
 * functions are called with, each a text that can be found again.
 */
export function catalogueFaults<Texts extends object>(
  catalogue: Catalogue<Texts>,
  placeholders: readonly unknown[],
): string[] {
  const { [defaultLanguage]: reference, ...translations } = catalogue;
  const marks = [...new Set(leavesOf(placeholders).map(([, value]) => String(value)))];
  const marksIn = (text: string) => marks.filter((mark) => text.includes(mark)).join(' ');
  const wanted = new Map(leavesOf(reference, placeholders));
  return Object.entries(translations).flatMap(([language, texts]) => {
    const found = new Map(leavesOf(texts, placeholders));
    return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((path) => {
      const [original, text] = [String(wanted.get(path) ?? ''), String(found.get(path) ?? '')];
      const fault = (what: string) => [`${language}${path}: ${what}`];
      if (text.trim() === '') return fault('is missing');
      if (original.trim() === '') return fault(`is missing in ${defaultLanguage}`);
      if (marksIn(text) !== marksIn(original)) return fault('has other placeholders');
      if (text === original && / \S+ /.test(text)) return fault('is not translated');
      return [];
    });
  });
}

function leavesOf(value: unknown, placeholders: readonly unknown[] = [], path = ''): Leaf[] {
  const resolved = typeof value === 'function' ? value(...placeholders) : value;
  if (typeof resolved !== 'object' || resolved === null) return [[path, resolved]];
  return Object.entries(resolved).flatMap(([key, member]) => leavesOf(member, placeholders, `${path}.${key}`));
}
