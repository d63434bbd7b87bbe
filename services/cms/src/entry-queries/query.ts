import { MAX_CURSOR_LENGTH } from '@gaia/http-service/cursor';
import { problem } from '@gaia/http-service/problem';
import { Type } from 'typebox';
import { allOf, type FieldFilter, filterBounds, filterOperators, isFilterOperator } from './filter.ts';
import type { ListRequest } from './list-entries.ts';

export const ListQuery = Type.Object(
  {
    type: Type.Optional(
      Type.String({ maxLength: 63, description: 'Name of a type; fields can be named only with it' }),
    ),
    status: Type.Optional(Type.Union([Type.Literal('draft'), Type.Literal('published')])),
    sort: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'Up to three of created_at, updated_at, published_at and fields, - for descending: `-published_at,title`',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(
      Type.String({ maxLength: MAX_CURSOR_LENGTH, description: '`next_cursor` of the page before' }),
    ),
  },
  {
    additionalProperties: Type.Union([
      Type.String({ maxLength: 4_000 }),
      Type.Array(Type.String({ maxLength: 1_000 })),
    ]),
    maxProperties: 5 + filterBounds.tests,
  },
);

const filterName = /^filter\[([^[\]]{1,63})\]\[([a-z_]{1,12})\]$/;
const known = new Set(['type', 'status', 'sort', 'limit', 'cursor']);

/** Reads a checked query. Throws `validation_failed` for parameters that are not known. */
export function readListQuery(
  query: Readonly<Record<string, unknown>> & {
    readonly type?: string;
    readonly status?: 'draft' | 'published';
    readonly sort?: string;
    readonly limit?: number;
    readonly cursor?: string;
  },
): ListRequest {
  const filters = Object.entries(query)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => readFilter(name, value as string | string[]));
  if (filters.length > filterBounds.tests) throw refuse('', `must have at most ${filterBounds.tests} filters`);
  const { type, status, sort, cursor, limit = 20 } = query;
  return { type, status, sort, cursor, limit, filter: allOf(filters) };
}

function readFilter(name: string, value: string | readonly string[]): FieldFilter {
  const [, field, operator] = filterName.exec(name) ?? [];
  if (field === undefined) throw refuse(name, 'is not known here');
  if (!isFilterOperator(operator)) throw refuse(name, `has no operator of ${filterOperators.join(', ')}`);
  if (typeof value !== 'string') return { field, operator, values: value };
  return { field, operator, values: operator === 'in' || operator === 'nin' ? splitAtCommas(value) : [value] };
}

/** A backslash keeps a comma, or a backslash, from being read as more than itself. */
function splitAtCommas(text: string): string[] {
  return [...text.matchAll(/(?:^|,)((?:\\.|[^,\\]|\\$)*)/gs)].map(([, part = '']) => part.replace(/\\([,\\])/g, '$1'));
}

function refuse(name: string, message: string) {
  const path = `/query${name === '' ? '' : `/${name}`}`.slice(0, 200);
  return problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
