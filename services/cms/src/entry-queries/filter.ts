/** How a filter tests a field; what each takes is in the guide to content. */
export const filterOperators = [
  'eq',
  'ne',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'nin',
  'contains',
  'starts_with',
  'empty',
] as const;
export type FilterOperator = (typeof filterOperators)[number];

/** What an entry must be like. `field` is a path: `place.city`, `category.name`. */
export type Filter =
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter }
  | FieldFilter;

export interface FieldFilter {
  readonly field: string;
  readonly operator: FilterOperator;
  /** As texts: `2.5`, `true`, dates as in RFC 3339. */
  readonly values: readonly string[];
}

/** What a filter from outside may cost: each test can be a look at every entry of the list. */
export const filterBounds = Object.freeze({
  tests: 20,
  /** Groups within each other. */
  depth: 8,
  values: 100,
  pathLength: 200,
  textLength: 1_000,
  /** References that one path passes. */
  references: 3,
  /** Types in which a field is looked for that lies behind a reference. */
  types: 20,
});

export function isFilterOperator(text: unknown): text is FilterOperator {
  return filterOperators.includes(text as FilterOperator);
}

/** The filters that must all hold; undefined without one. */
export function allOf(filters: readonly Filter[]): Filter | undefined {
  return filters.length > 1 ? { and: filters } : filters[0];
}

/** Parts that must all hold, each of which can be answered by itself. */
export function conjuncts(filter: Filter | undefined): readonly Filter[] {
  if (filter === undefined) return [];
  return 'and' in filter ? filter.and.flatMap(conjuncts) : [filter];
}

/** The tests of a filter, wherever they stand in it. */
export function fieldFilters(filter: Filter | undefined): readonly FieldFilter[] {
  if (filter === undefined) return [];
  if ('and' in filter) return filter.and.flatMap(fieldFilters);
  if ('or' in filter) return filter.or.flatMap(fieldFilters);
  return 'not' in filter ? fieldFilters(filter.not) : [filter];
}
