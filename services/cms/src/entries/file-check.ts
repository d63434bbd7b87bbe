import { problem } from '../errors.ts';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { visitValues } from '../types/document-contents.ts';
import type { JsonObject } from '../values/json-values.ts';

/** Sees that a document names no file, beside those that `before` named, which has not been found to be readable. */
export type FileCheck = (type: CompiledType, document: JsonObject, before?: JsonObject) => void;

/** Files that one change can add to an entry. */
const MAX_ADDED = 1_000;
const ATTEMPTS = 4;

/** Paths at which each file stands that has to be asked for first. */
class UnknownFiles extends Error {
  readonly paths: ReadonlyMap<string, readonly string[]>;
  constructor(paths: ReadonlyMap<string, readonly string[]>) {
    super('files have to be asked for first');
    this.paths = paths;
  }
}

/**
 * Runs a change that may add files to an entry: a published entry opens its files, so who names a file must be able to read it.
 * `work` looks at the entry in a transaction; should it meet files that are not known to be readable, it is undone, the files
 * are asked for while nothing is locked, and it runs again. Throws `file_not_readable`, `assets_unavailable`, `busy`.
 */
export async function withFileCheck<T>(readable: ReadableFiles, work: (check: FileCheck) => Promise<T>): Promise<T> {
  const known = new Set<string>();
  const check: FileCheck = (type, document, before) => {
    if (!type.mentionsFiles) return;
    const paths = filesOf(type, document);
    for (const id of [...known, ...(before === undefined ? [] : filesOf(type, before).keys())]) paths.delete(id);
    if (paths.size > 0) throw new UnknownFiles(paths);
  };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await work(check);
    } catch (error) {
      if (!(error instanceof UnknownFiles)) throw error;
      for (const id of await ask(readable, error.paths)) known.add(id);
    }
  }
  throw problem('busy', { headers: { 'retry-after': '1' } });
}

async function ask(
  readable: ReadableFiles,
  paths: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlySet<string>> {
  const found = paths.size > MAX_ADDED ? new Set<string>() : await readable([...paths.keys()]);
  const refused = [...paths].filter(([id]) => !found.has(id)).flatMap(([, places]) => places);
  if (refused.length === 0) return found;
  const message =
    paths.size > MAX_ADDED ? `is one of more than ${MAX_ADDED} new files` : 'is no file that you may read';
  const errors = refused.slice(0, 20).map((path) => ({ path: `/body/fields${path}`.slice(0, 200), message }));
  throw problem('file_not_readable', { detail: `${errors[0]?.path} ${message}.`, errors });
}

function filesOf(type: CompiledType, document: JsonObject): Map<string, string[]> {
  const found = new Map<string, string[]>();
  visitValues(type.fields, document, (shape, value, path) => {
    if (shape.type !== 'asset') return;
    const paths = found.get(value as string);
    if (paths === undefined) found.set(value as string, [path]);
    else paths.push(path);
  });
  return found;
}
