import { MAX_CURSOR_LENGTH } from '@gaia/http-service/cursor';
import { invalidUnicodePath } from '@gaia/http-service/invalid-unicode';
import { problem } from '@gaia/http-service/problem';
import {
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql';
import { allOf, filterBounds, filterOperators, isFilterOperator } from '../entry-queries/filter.ts';
import type { ListRequest } from '../entry-queries/list-entries.ts';
import { type Locale, locales } from '../entry-queries/locales.ts';
import { readFilterObject } from '../entry-queries/read-filter.ts';

const text = new GraphQLNonNull(GraphQLString);

const Filter = new GraphQLInputObjectType({
  name: 'Filter',
  description: `As filter[field][operator]=value over REST, by paths: category.name; operators ${filterOperators.join(', ')}`,
  fields: {
    field: { type: text },
    operator: { type: GraphQLString, defaultValue: 'eq' },
    values: { type: new GraphQLNonNull(new GraphQLList(text)) },
  },
});

export const idArgument = { id: { type: new GraphQLNonNull(GraphQLID) } };
export const versionArgument = {
  expectedVersion: { type: GraphQLInt, description: 'Change only if this is still the version, as If-Match over REST' },
};
export const accessArguments: GraphQLFieldConfigArgumentMap = {
  visibility: { type: GraphQLString, description: 'public, members, roles, author or products' },
  roles: { type: new GraphQLList(text) },
  products: { type: new GraphQLList(text) },
};

export const listArguments: GraphQLFieldConfigArgumentMap = {
  filter: { type: new GraphQLList(new GraphQLNonNull(Filter)) },
  sort: { type: GraphQLString, description: 'As over REST: -published_at,title' },
  locale: { type: GraphQLString, description: 'Language by whose rules texts are sorted: sv' },
  status: { type: GraphQLString, description: 'draft or published' },
  limit: { type: GraphQLInt, defaultValue: 20 },
  cursor: { type: GraphQLString },
};

export interface ListArguments {
  /** As the JSON of a filter over REST. */
  readonly where?: unknown;
  readonly filter?: readonly { field: string; operator: string; values: readonly string[] }[] | null;
  readonly sort?: string | null;
  readonly locale?: string | null;
  readonly status?: string | null;
  readonly limit?: number | null;
  readonly cursor?: string | null;
}

/** Reads the arguments of a list in the bounds that REST has. Throws `validation_failed`. */
export function listRequest(args: ListArguments, type: string | undefined): ListRequest {
  const { where, filter, sort, locale, status, limit, cursor } = args;
  const filters = filter ?? [];
  if (filters.length > filterBounds.tests) throw invalid('filter', `must have at most ${filterBounds.tests} members`);
  const tests = filters.map(({ field, operator, values }) => {
    if (!isFilterOperator(operator)) throw invalid('filter', `has no operator of ${filterOperators.join(', ')}`);
    if (field.length > filterBounds.pathLength || values.length > filterBounds.values) {
      throw invalid('filter', 'has a field that is too long, or too many values');
    }
    return { field, operator, values };
  });
  const typed =
    where == null ? undefined : readFilterObject(where, (path, message) => invalid(`where/${path}`, message));
  if (sort != null && sort.length > 200) throw invalid('sort', 'must have at most 200 characters');
  if (status != null && status !== 'draft' && status !== 'published') {
    throw invalid('status', 'must be draft or published');
  }
  if (locale != null && !locales.includes(locale as Locale))
    throw invalid('locale', `must be one of ${locales.join(', ')}`);
  const asked = limit ?? 20;
  if (asked < 1 || asked > 100) throw invalid('limit', 'must be from 1 to 100');
  if (cursor != null && cursor.length > MAX_CURSOR_LENGTH) throw invalid('cursor', 'is no cursor');
  return {
    type,
    status: status ?? undefined,
    filter: allOf(typed === undefined ? tests : [typed, ...tests]),
    sort: sort ?? undefined,
    locale: (locale ?? undefined) as Locale | undefined,
    cursor: cursor ?? undefined,
    limit: asked,
  };
}

/** Refuses arguments with text that PostgreSQL cannot hold: a query can spell it in an escape of its own. */
export function checkArguments(args: unknown): void {
  const path = invalidUnicodePath(args);
  if (path !== undefined) throw invalid(path.slice(1, 100), 'contains NUL or an unpaired surrogate');
}

export function invalid(name: string, message: string) {
  return problem('validation_failed', {
    detail: `${name} ${message}.`,
    errors: [{ path: `/arguments/${name}`, message }],
  });
}
