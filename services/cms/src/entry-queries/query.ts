import { MAX_CURSOR_LENGTH } from '@gaia/http-service/cursor';
import { problem } from '@gaia/http-service/problem';
import { type Static, Type } from 'typebox';
import { RichTextFormatQuery } from '../entries/rich-text-format.ts';
import { filterBounds } from './filter.ts';
import { isFilterParameter, readFilterParameters } from './filter-parameters.ts';
import type { ListRequest } from './list-entries.ts';
import { locales } from './locales.ts';
import { readSelection, type Selection, selectionBounds } from './selection.ts';

const selectionParameters = {
  rich_text: RichTextFormatQuery,
  fields: Type.Optional(
    Type.String({
      maxLength: selectionBounds.length,
      description: 'Fields to give, comma-separated, also of what is expanded: `title,category.name`. All if absent',
    }),
  ),
  expand: Type.Optional(
    Type.String({
      maxLength: selectionBounds.length,
      description:
        'References to give as the entries that they lead to, comma-separated: `category,category.parent`. What the ' +
        'caller may not read stays an id',
    }),
  ),
};

export const EntryQuery = Type.Object(selectionParameters, { additionalProperties: false });

export const ListQuery = Type.Object(
  {
    type: Type.Optional(
      Type.String({ maxLength: 63, description: 'Name of a type; fields can be named only with it' }),
    ),
    status: Type.Optional(Type.Union([Type.Literal('draft'), Type.Literal('published')])),
    filter: Type.Optional(
      Type.String({
        maxLength: 8_000,
        description:
          'A filter as JSON: `{"or":[{"title":{"eq":"a"}},{"not":{"category.name":{"in":["b","c"]}}}]}`. Beside it, and ' +
          'for the same, parameters with brackets: `filter[title][eq]=a`, `filter[or][0][category][name][in]=b,c`',
      }),
    ),
    sort: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'Up to three of created_at, updated_at, published_at and fields, - for descending: `-published_at,title`',
      }),
    ),
    locale: Type.Optional(
      Type.Union(
        locales.map((locale) => Type.Literal(locale)),
        { description: 'Language by whose rules texts are sorted; without it by letters without accents and case' },
      ),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(
      Type.String({ maxLength: MAX_CURSOR_LENGTH, description: '`next_cursor` of the page before' }),
    ),
    total: Type.Optional(
      Type.Boolean({ description: 'Count all entries of the list; `total` is null where that takes too long' }),
    ),
    ...selectionParameters,
  },
  {
    additionalProperties: Type.Union([
      Type.String({ maxLength: 4_000 }),
      Type.Array(Type.String({ maxLength: filterBounds.textLength })),
    ]),
    maxProperties: 120,
  },
);

const known = new Set(Object.keys(ListQuery.properties));

interface ListQueryRequest {
  readonly list: ListRequest;
  readonly selection: Selection;
  readonly total: boolean;
}

/** Reads a checked query. Throws `validation_failed` for parameters that are not known. */
export function readListQuery(query: Static<typeof ListQuery>): ListQueryRequest {
  const others = Object.entries(query).filter(([name]) => name === 'filter' || !known.has(name));
  const unknown = others.find(([name]) => !isFilterParameter(name));
  if (unknown !== undefined) throw refuse(unknown[0], 'is not known here');
  const filter = readFilterParameters(others as [string, string | string[]][], refuse);
  const { type, status, sort, locale, cursor, limit = 20, total = false } = query;
  return {
    list: { type, status, sort, locale, cursor, limit, filter },
    selection: readSelection(query, refuse),
    total,
  };
}

/** Reads the checked query of one entry. Throws `validation_failed`. */
export function readEntryQuery(query: Static<typeof EntryQuery>): Selection {
  return readSelection(query, refuse);
}

function refuse(name: string, message: string) {
  const path = `/query/${name}`.slice(0, 200);
  return problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
