import { storedRichText } from '../rich-text/input.ts';
import { richTextText } from '../rich-text/plain-text.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { ContentType, Field, ValueShape } from './field.ts';

/** A part of a text, in UTF-16 units, that is in one language. */
export interface LanguageSpan {
  /** BCP 47. */
  readonly language: string;
  readonly from: number;
  readonly to: number;
}

/** What some fields of a document say: their texts, short ones first, without markup, and the files they mention. */
interface FieldContents {
  /** Of the fields that are searched. */
  readonly text: string;
  /** Languages of the text, as far as they are known. */
  readonly languages: readonly LanguageSpan[];
  /** Ids, each once. */
  readonly assets: readonly string[];
}

/** What a stored document says, for those who index or serve it: first what its fields say that everybody may read. */
export interface DocumentContents extends FieldContents {
  /** Empty if the field that names the entry is not for everybody. It is no part of the text. */
  readonly title: string;
  readonly titleLanguage: string | undefined;
  /** Ids of the entries that it mentions, each once. */
  readonly references: readonly string[];
  /** What is only for those who have one of some roles. */
  readonly restricted: readonly (Pick<FieldContents, 'text' | 'assets'> & {
    readonly readable_by: readonly string[];
  })[];
}

/** What the fields around a value say of it for search. */
interface SearchOptions {
  readonly searchable?: boolean | undefined;
  readonly language?: string | undefined;
}

/** One value of a document with the shape that it has, and where: a JSON pointer by field names. */
export type Visit = (shape: ValueShape, value: unknown, path: string, search: SearchOptions) => void;

/** Visits every value of a document that is not itself a list or object. */
export function visitValues(
  fields: readonly Field[],
  document: JsonObject,
  visit: Visit,
  path = '',
  outer: SearchOptions = {},
): void {
  for (const field of fields) {
    const value = document[field.id];
    if (value === undefined) continue;
    const search = { searchable: field.searchable ?? outer.searchable, language: field.language ?? outer.language };
    visitValue(field, value, visit, `${path}/${field.name}`, search);
  }
}

function visitValue(shape: ValueShape, value: unknown, visit: Visit, path: string, search: SearchOptions): void {
  if (shape.type === 'object') visitValues(shape.fields ?? [], value as JsonObject, visit, path, search);
  else if (shape.type === 'list') {
    const item = shape.of;
    if (item === undefined) return;
    for (const [index, member] of (value as unknown[]).entries()) {
      visitValue(item, member, visit, `${path}/${index}`, search);
    }
  } else visit(shape, value, path, search);
}

export function documentContents(type: ContentType, document: JsonObject): DocumentContents {
  const title = titleFieldOf(type);
  const open = title?.readable_by === undefined;
  const groups = Map.groupBy(type.fields, (field) => field.readable_by?.toSorted().join(' ') ?? '');
  const restricted = [...groups]
    .filter(([rule]) => rule !== '')
    .map(([rule, fields]) => ({ readable_by: rule.split(' '), ...fieldContents(fields, document, undefined, type) }))
    .filter(({ text, assets }) => text !== '' || assets.length > 0)
    .map(({ readable_by, text, assets }) => ({ readable_by, text, assets }));
  const references = new Set<string>();
  visitValues(type.fields, document, (shape, value) => {
    if (shape.type === 'reference') references.add(value as string);
  });
  const titleValue = title === undefined || !open ? undefined : document[title.id];
  return {
    title: typeof titleValue === 'string' ? titleValue : '',
    titleLanguage: title?.language ?? type.language,
    ...fieldContents(groups.get('') ?? [], document, title, type),
    references: [...references],
    restricted,
  };
}

interface Passage {
  readonly text: string;
  readonly language: string | undefined;
}

function fieldContents(
  fields: readonly Field[],
  document: JsonObject,
  title: Field | undefined,
  type: ContentType,
): FieldContents {
  const keywords: Passage[] = [];
  const body: Passage[] = [];
  const assets = new Set<string>();
  visitValues(fields, document, (shape, value, _path, search) => {
    if (shape.type === 'asset') assets.add(value as string);
    const text = shape === title ? undefined : searchedText(shape, value, search);
    if (text === undefined) return;
    const passages = shape.type === 'richText' ? body : keywords;
    passages.push({ text, language: search.language ?? type.language });
  });
  return { ...joined([...keywords, ...body]), assets: [...assets] };
}

function searchedText(shape: ValueShape, value: unknown, { searchable }: SearchOptions): string | undefined {
  if (searchable === false) return undefined;
  switch (shape.type) {
    case 'text':
    case 'enum':
      return value as string;
    case 'richText':
      return richTextText(storedRichText(value));
    case 'number':
    case 'decimal':
    case 'date':
      return searchable ? String(value) : undefined;
    default:
      return undefined;
  }
}

function joined(passages: readonly Passage[]): Pick<FieldContents, 'text' | 'languages'> {
  const languages: LanguageSpan[] = [];
  let from = 0;
  for (const { text, language } of passages) {
    const to = from + text.length;
    const last = languages.at(-1);
    if (language !== undefined && last?.language === language && last.to === from - 1) {
      languages[languages.length - 1] = { ...last, to };
    } else if (language !== undefined) languages.push({ language, from, to });
    from = to + 1;
  }
  return { text: passages.map(({ text }) => text).join('\n'), languages };
}

/** The field that names an entry: the one that the type says, else `title` or `name`, else its first text. */
export function titleFieldOf(type: ContentType): Field | undefined {
  const texts = type.fields.filter((field) => field.type === 'text');
  return (
    texts.find((field) => field.id === type.titleField) ??
    texts.find((field) => field.name === 'title') ??
    texts.find((field) => field.name === 'name') ??
    texts[0]
  );
}
