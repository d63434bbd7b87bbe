import { printable } from './printable.ts';

const MAX_CELL_LENGTH = 400;

/** Rows as aligned columns, two spaces apart. Cells are made printable and cut at 400 characters. */
export function alignedRows(rows: readonly (readonly string[])[], indent = ''): string {
  const shown = rows.map((row) => row.map(cell));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => row[column]?.length ?? 0)));
  return shown
    .map((row) => `${indent}${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

function cell(text: string): string {
  const shown = printable(text);
  if (shown.length <= MAX_CELL_LENGTH) return shown;
  return `${shown.slice(0, MAX_CELL_LENGTH).toWellFormed()}… (${text.length} characters)`;
}
