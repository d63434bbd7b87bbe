import type { JsonObject } from '../values/json-values.ts';
import { plainText } from '../values/plain-text.ts';
import type { ContentType, Field, ValueShape } from './field.ts';

/** What some fields of a document say: their texts, short ones first, without markup, and the files they mention. */
interface FieldContents {
  readonly text: string;
  /** Ids, each once. */
  readonly assets: readonly string[];
}

/** What a stored document says, for those who index or serve it: first what its fields say that everybody may read. */
export interface DocumentContents extends FieldContents {
  /** Empty if the field that names the entry is not for everybody. It is no part of the text. */
  readonly title: string;
  /** Ids of the entries that it mentions, each once. */
  readonly references: readonly string[];
  /** What is only for those who have one of some roles. */
  readonly restricted: readonly (FieldContents & { readonly readable_by: readonly string[] })[];
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
  const open = title?.readable_by === undefined;
  const groups = Map.groupBy(type.fields, (field) => field.readable_by?.toSorted().join(' ') ?? '');
  const restricted = [...groups]
    .filter(([rule]) => rule !== '')
    .map(([rule, fields]) => ({ readable_by: rule.split(' '), ...fieldContents(fields, document, undefined) }))
    .filter(({ text, assets }) => text !== '' || assets.length > 0);
  const references = new Set<string>();
  visitValues(type.fields, document, (shape, value) => {
    if (shape.type === 'reference') references.add(value as string);
  });
  const titleValue = title === undefined || !open ? undefined : document[title.id];
  return {
    title: typeof titleValue === 'string' ? titleValue : '',
    ...fieldContents(groups.get('') ?? [], document, title),
    references: [...references],
    restricted,
  };
}

function fieldContents(fields: readonly Field[], document: JsonObject, title: Field | undefined): FieldContents {
  const keywords: string[] = [];
  const body: string[] = [];
  const assets = new Set<string>();
  visitValues(fields, document, (shape, value) => {
    if (shape === title) return;
    if (shape.type === 'text' || shape.type === 'enum') keywords.push(value as string);
    else if (shape.type === 'richText') body.push(plainText(value as string));
    else if (shape.type === 'asset') assets.add(value as string);
  });
  return { text: [...keywords, ...body].join('\n'), assets: [...assets] };
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
