import type { ContentType, Field, Shape } from './content-type.ts';

/** Types of fields by which lists can be sorted. */
const sortable = new Set(['text', 'number', 'decimal', 'boolean', 'date', 'enum']);
/** Times of an entry, by which every list can be sorted. */
const entryTimes = ['created_at', 'updated_at', 'published_at'];
/** References that one path passes here; longer ones are rare, and each step multiplies their number. */
const MAX_REFERENCES = 2;

/** What lists of a type can be sorted by: fields, and members of objects that are not in lists. */
export function sortPaths(fields: readonly Field[], above = ''): string[] {
  const own = fields.flatMap((field) => {
    const path = `${above}${field.name}`;
    if (field.type === 'object') return sortPaths(field.fields ?? [], `${path}.`);
    return sortable.has(field.type) ? [path] : [];
  });
  return above === '' ? [...own, ...entryTimes] : own;
}

/** The references of a type that can be expanded, those of the types behind them too. */
export function expandPaths(type: ContentType, types: ReadonlyMap<string, ContentType>): string[] {
  function ofFields(fields: readonly Field[], above: string, passed: number): string[] {
    return fields.flatMap((field) => ofShape(field, `${above}${field.name}`, passed));
  }
  function ofShape(shape: Shape, path: string, passed: number): string[] {
    if (shape.type === 'list' && shape.of !== undefined) return ofShape(shape.of, path, passed);
    if (shape.type === 'object') return ofFields(shape.fields ?? [], `${path}.`, passed);
    if (shape.type !== 'reference') return [];
    const beyond = passed + 1 === MAX_REFERENCES ? [] : (shape.to ?? []);
    return [path, ...beyond.flatMap((name) => ofFields(types.get(name)?.fields ?? [], `${path}.`, passed + 1))];
  }
  return [...new Set(ofFields(type.fields, '', 0))];
}
