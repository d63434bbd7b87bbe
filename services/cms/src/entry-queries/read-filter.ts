import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import {
  allOf,
  type FieldFilter,
  type Filter,
  type FilterOperator,
  filterBounds,
  filterOperators,
  isFilterOperator,
} from './filter.ts';

/** Refuses a filter; `path` names the part of it, as in `or/0/title`. */
export type RefuseFilter = (path: string, message: string) => Error;

/**
 * Reads a filter of objects: `{"or": [{"title": {"eq": "a"}}, {"category": {"name": {"contains": "b"}}}]}`. Members of
 * an object must all hold. `and` and `or` take lists, `not` an object, also below a field; what else has tests in it is a
 * field.
 * Throws what `refuse` gives.
 */
export function readFilterObject(input: unknown, refuse: RefuseFilter): Filter | undefined {
  let tests = 0;

  function readAll(node: unknown, fields: readonly string[], path: readonly string[], depth: number): Filter[] {
    const at = path.join('/');
    if (!isJsonObject(node)) throw refuse(at, 'must be an object of fields, and, or, not');
    // Each object within another is a step of the path or a group; both are bounded by themselves as well.
    if (path.length > 2 * filterBounds.depth + 8) throw refuse(at, 'nests too deeply');
    return Object.entries(node).flatMap(([name, value]) => readMember(name, value, fields, [...path, name], depth));
  }

  function readMember(
    name: string,
    value: unknown,
    fields: readonly string[],
    path: readonly string[],
    depth: number,
  ): Filter[] {
    const at = path.join('/');
    if (isGroup(name, value)) {
      if (depth >= filterBounds.depth) throw refuse(at, `must nest at most ${filterBounds.depth} groups`);
      if (name === 'not') {
        const inner = allOf(readAll(value, fields, path, depth + 1));
        if (inner === undefined) throw refuse(at, 'must not be empty');
        return [{ not: inner }];
      }
      const parts = (value as unknown[]).map(
        (part, index) => allOf(readAll(part, fields, [...path, String(index)], depth + 1)) ?? { and: [] },
      );
      return [name === 'or' ? { or: parts } : { and: parts }];
    }
    if (fields.length > 0 && isFilterOperator(name) && !isJsonObject(value)) {
      tests += 1;
      if (tests > filterBounds.tests) throw refuse('', `must have at most ${filterBounds.tests} tests`);
      return [{ field: fields.join('.'), operator: name, values: readValues(name, value, at) }];
    }
    if (!isJsonObject(value)) {
      throw refuse(at, fields.length === 0 ? 'must be an object of operators' : `is no operator of ${operators}`);
    }
    const inner = [...fields, name];
    if (inner.join('.').length > filterBounds.pathLength) throw refuse(at, 'is a path that is too long');
    return readAll(value, inner, path, depth);
  }

  function readValues(operator: FilterOperator, value: unknown, at: string): FieldFilter['values'] {
    if ((operator === 'in' || operator === 'nin') && !Array.isArray(value)) throw refuse(at, 'must be a list');
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.map((one) => {
      if (!['string', 'boolean', 'number'].includes(typeof one)) throw refuse(at, 'must be a text, number or boolean');
      return String(one);
    });
  }

  return allOf(readAll(input, [], [], 0));
}

const operators = filterOperators.join(', ');

/** A field may be called `and`, `or` or `not`: then it has operators, and a group has none. */
function isGroup(name: string, value: unknown): boolean {
  if (name === 'and' || name === 'or') return Array.isArray(value);
  return name === 'not' && isJsonObject(value) && !isTest(value);
}

function isTest(value: JsonObject): boolean {
  const members = Object.entries(value);
  return members.length > 0 && members.every(([name, one]) => isFilterOperator(name) && !isJsonObject(one));
}
