import { isJsonObject, type JsonObject } from '../api/json.ts';
import type { Context } from '../context.ts';
import { writeList } from '../terminal/item-list.ts';

const columns = ['kid', 'state', 'bits', 'state_since', 'signs_from', 'published_until'];

/** Writes what every route of `/auth/keys` answers. */
export function writeKeys(
  body: JsonObject,
  options: { readonly json?: boolean | undefined },
  context: Pick<Context, 'stdout' | 'stderr'>,
): void {
  const items = Array.isArray(body.items) ? body.items.filter(isJsonObject) : [];
  writeList({ items, more: false }, columns, options, context);
}
