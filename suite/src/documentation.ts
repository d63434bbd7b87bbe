import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { purposesTable } from './purposes-table.ts';
import { settingsTable } from './settings-table.ts';

interface GeneratedPart {
  readonly file: string;
  /** The part stands between `<!-- marker -->` and `<!-- /marker -->`. */
  readonly marker: string;
  text(): string;
}

/** The parts of the documentation that are made from the code. */
const parts: readonly GeneratedPart[] = [
  { file: 'docs/configuration.md', marker: 'settings', text: settingsTable },
  { file: 'docs/token-matrix.md', marker: 'purposes', text: purposesTable },
];

/** Every generated part: the text in the file and the text that the code makes. */
export async function generatedParts(root: string): Promise<{ name: string; now: string; wanted: string }[]> {
  return Promise.all(
    parts.map(async (part) => {
      const { between } = split(await readFile(join(root, part.file), 'utf8'), part);
      return { name: `${part.file} (${part.marker})`, now: between, wanted: `\n${part.text()}` };
    }),
  );
}

/** Brings the files up to date. */
export async function writeGeneratedParts(root: string): Promise<void> {
  for (const part of parts) {
    const path = join(root, part.file);
    const { before, after } = split(await readFile(path, 'utf8'), part);
    await writeFile(path, `${before}\n${part.text()}${after}`);
  }
}

function split(text: string, part: GeneratedPart): { before: string; between: string; after: string } {
  const open = `<!-- ${part.marker} -->`;
  const start = text.indexOf(open);
  const end = text.indexOf(`<!-- /${part.marker} -->`);
  if (start < 0 || end < start) throw new Error(`${part.file} has no part ${part.marker}`);
  const from = start + open.length;
  return { before: text.slice(0, from), between: text.slice(from, end), after: text.slice(end) };
}
