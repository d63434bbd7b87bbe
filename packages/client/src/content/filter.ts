import { GaiaError } from '../error.ts';
import type { QueryValue } from '../http/query.ts';

/** A filter as parameters: `{ title: { contains: 'a' } }` is `filter[title][contains]=a`. */
export function filterQuery(filter: object): Record<string, QueryValue> {
  const query: Record<string, QueryValue> = {};
  const add = (name: string, node: unknown): void => {
    if (node === undefined) return;
    if (Array.isArray(node) && node.every((one) => typeof one !== 'object' || one === null))
      query[name] = listOf(name, node);
    else if (typeof node === 'object' && node !== null) {
      for (const [key, value] of Object.entries(node)) add(`${name}[${key}]`, value);
    } else query[name] = String(node);
  };
  for (const [field, node] of Object.entries(filter)) add(`filter[${field}]`, node);
  return query;
}

function listOf(name: string, values: readonly (string | number)[]): readonly (string | number)[] {
  // Without a parameter the list would filter nothing, where it must match nothing.
  if (values.length === 0) throw new GaiaError('validation_failed', `${name} is an empty list`);
  // A single value is read as a list with commas.
  return values.length > 1 ? values : [String(values[0]).replace(/[\\,]/g, '\\$&')];
}
