import type { QueryValue } from '../http/query.ts';

/** A filter as parameters: `{ title: { contains: 'a' } }` is `filter[title][contains]=a`. */
export function filterQuery(filter: object): Record<string, QueryValue> {
  const query: Record<string, QueryValue> = {};
  const add = (name: string, node: unknown): void => {
    if (node === undefined) return;
    if (Array.isArray(node) && node.every((one) => typeof one !== 'object' || one === null)) query[name] = node;
    else if (typeof node === 'object' && node !== null) {
      for (const [key, value] of Object.entries(node)) add(`${name}[${key}]`, value);
    } else query[name] = String(node);
  };
  for (const [field, node] of Object.entries(filter)) add(`filter[${field}]`, node);
  return query;
}
