import type { ContentType } from '../types/field.ts';

/** Names of types that every schema has; a content type of such a name gets a `_` at its end. */
const takenTypes = new Set([
  'Query',
  'Mutation',
  'Subscription',
  'Entry',
  'Filter',
  'Asset',
  'AssetFit',
  'AssetFocal',
  'AssetFocalInput',
  'AssetFormat',
  'Search',
  'Caller',
  'Decimal',
  'RichText',
  'RichTextDocument',
  'RichTextInput',
  'Where',
  'Partial',
  'Reference',
  'References',
  'TextFilter',
  'RichTextFilter',
  'NumberFilter',
  'IntFilter',
  'DecimalFilter',
  'BooleanFilter',
  'DateFilter',
  'IdFilter',
  'AssetFilter',
  'TextListFilter',
  'EnumListFilter',
  'NumberListFilter',
  'IntListFilter',
  'DecimalListFilter',
  'BooleanListFilter',
  'DateListFilter',
  'AssetListFilter',
  'String',
  'Int',
  'Float',
  'Boolean',
  'ID',
]);
const takenFields = new Set(['entry', 'search', 'me']);

/**
 * `blog-post` → `BlogPost`. Types of a site differ by more than case, `-` and `_`, so these names differ too; names
 * derived from them have a `_` within, which these have not.
 */
export function typeName(type: Pick<ContentType, 'name'>): string {
  const name = type.name
    .split(/[-_]+/)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
  return takenTypes.has(name) ? `${name}_` : name;
}

/** `blog-post` → `blogPost`: the field of the query that gives one. */
export function fieldName(type: Pick<ContentType, 'name'>): string {
  const pascal = typeName(type).replace(/_$/, '');
  const name = pascal.slice(0, 1).toLowerCase() + pascal.slice(1);
  return takenFields.has(name) ? `${name}_` : name;
}
