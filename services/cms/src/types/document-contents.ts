import type { JsonObject } from '../values/json-values.ts';
import { plainText } from '../values/plain-text.ts';
import type { ContentType, Field, ValueShape } from './field.ts';

/** What a stored document says, for those who index or serve it. */
export interface DocumentContents {
  readonly title: string;
  /** All other texts, short ones first, without markup. */
  readonly text: string;
  /** Ids of files and of entries that it mentions, each once. */
  readonly assets: readonly string[];
  readonly references: readonly string[];
}

/** One value of a document with the shape that it has, and where: a JSON pointer by field names. */
export type Visit = (shape: ValueShape, value: unknown, path: string) => void;

/** Visits every value of a document that is not itself a list or object. */
export function visitValues(fields: readonly Field[], document: JsonObject, visit: Visit, path = ''): void {
  for (const field of fields) {
    const value = document[field.id];
    if (value !== undefined) visitValue(field, value, visit, `${path}/${field.name}`);
  }
}

function visitValue(shape: ValueShape, value: unknown, visit: Visit, path: string): void {
  if (shape.type === 'object') visitValues(shape.fields ?? [], value as JsonObject, visit, path);
  else if (shape.type === 'list') {
    const item = shape.of;
    if (item === undefined) return;
    for (const [index, member] of (value as unknown[]).entries()) visitValue(item, member, visit, `${path}/${index}`);
  } else visit(shape, value, path);
}

export function documentContents(type: ContentType, document: JsonObject): DocumentContents {
  const title = titleFieldOf(type);
  const keywords: string[] = [];
  const body: string[] = [];
  const assets = new Set<string>();
  const references = new Set<string>();
  visitValues(type.fields, document, (shape, value) => {
    if (shape === title) return;
    if (shape.type === 'text' || shape.type === 'enum') keywords.push(value as string);
    else if (shape.type === 'richText') body.push(plainText(value as string));
    else if (shape.type === 'asset') assets.add(value as string);
    else if (shape.type === 'reference') references.add(value as string);
  });
  const titleValue = title === undefined ? undefined : document[title.id];
  return {
    title: typeof titleValue === 'string' ? titleValue : '',
    text: [...keywords, ...body].join('\n'),
    assets: [...assets],
    references: [...references],
  };
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
