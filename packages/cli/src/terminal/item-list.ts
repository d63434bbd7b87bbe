import { type JsonObject, memberText } from '../api/json.ts';
import type { Pages } from '../api/pages.ts';
import type { Context } from '../context.ts';
import { jsonText } from './printable.ts';
import { alignedRows } from './table.ts';

type Outputs = Pick<Context, 'stdout' | 'stderr'>;

/** Writes a list: a JSON array as it came, or the columns that at least one item has. */
export function writeList(
  { items, more }: Pages,
  columns: readonly string[],
  { json }: { readonly json?: boolean | undefined },
  { stdout, stderr }: Outputs,
): void {
  if (json) stdout.write(jsonText(items));
  else stdout.write(items.length === 0 ? 'none\n' : rowsOf(items, columns));
  if (more) stderr.write(`warning: there are more than these ${items.length}\n`);
}

/** Writes one item: JSON as it came, or a line for each member. */
export function writeItem(
  item: JsonObject,
  { json }: { readonly json?: boolean | undefined },
  { stdout }: Pick<Context, 'stdout'>,
): void {
  stdout.write(json ? jsonText(item) : alignedRows(Object.keys(item).map((name) => [name, memberText(item, name)])));
}

function rowsOf(items: readonly JsonObject[], columns: readonly string[]): string {
  const present = columns.filter((name) => items.some((item) => Object.hasOwn(item, name)));
  return alignedRows([present, ...items.map((item) => present.map((name) => memberText(item, name)))]);
}
