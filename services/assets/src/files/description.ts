import { problem } from '../errors.ts';

/** What people say of a file. */
export interface FileDescription {
  /** What an image shows, for who does not see it, by the tag of the language (BCP 47). */
  readonly alt: Readonly<Record<string, string>>;
  readonly caption: string;
  readonly credit: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** `holidays/2026`; empty for none. */
  readonly folder: string;
}

export const noDescription: FileDescription = Object.freeze({ alt: {}, caption: '', credit: '', tags: [], folder: '' });

export const MAX_FOLDER_LENGTH = 300;
const MAX_DEPTH = 12;

/** A path of names, without empty ones, in a canonical form. Throws validation_failed. */
export function folderPath(said: string): string {
  const names = said
    .normalize('NFC')
    .split('/')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length <= MAX_DEPTH && !names.some((name) => name === '.' || name === '..')) return names.join('/');
  const message = `must be a path of at most ${MAX_DEPTH} names, none of them . or ..`;
  throw problem('validation_failed', {
    detail: `/body/folder ${message}.`,
    errors: [{ path: '/body/folder', message }],
  });
}

/** What a change makes of a description; what is not said stays. Throws validation_failed. */
export function changedDescription(current: FileDescription, said: Partial<FileDescription>): FileDescription {
  return {
    alt: said.alt === undefined ? current.alt : withoutEmpty(said.alt),
    caption: said.caption ?? current.caption,
    credit: said.credit ?? current.credit,
    tags:
      said.tags === undefined
        ? current.tags
        : [...new Set(said.tags.map((tag) => tag.normalize('NFC').trim()))].toSorted(),
    folder: said.folder === undefined ? current.folder : folderPath(said.folder),
  };
}

function withoutEmpty(alt: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(alt).filter(([, text]) => text !== ''));
}

/** What a search of files looks into, in lower case. */
export function searchText(fileName: string, { alt, caption, credit, tags }: FileDescription): string {
  return [fileName, caption, credit, ...tags, ...Object.values(alt)].join('\n').normalize('NFKC').toLowerCase();
}
