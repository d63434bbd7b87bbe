import { problem } from '@gaia/http-service/problem';

/** What `If-Match` asks of the current version: nothing, that there is one, or that it is one of some. */
export type ExpectedVersion = undefined | 'any' | readonly number[];

const entityTagList = /^(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*$/;
const ourTag = /"(\d{1,9})(?:\.\d{1,9})?"/g;

/**
 * Reads `If-Match` (RFC 9110 §13.1.1). A tag that is not ours names no version, so it matches nothing. Weak tags are
 * taken as strong ones: a proxy that compresses makes ours weak, and they count changes, not bytes.
 * Throws `validation_failed` for what is no list of entity tags.
 */
export function readIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (value === '*') return 'any';
  if (value.length > 1_000 || !entityTagList.test(value)) {
    throw problem('validation_failed', {
      detail: 'If-Match must be a list of entity tags, or *.',
      errors: [{ path: '/headers/if-match', message: 'must be a list of entity tags, or *' }],
    });
  }
  return [...value.matchAll(ourTag)].map((match) => Number(match[1]));
}

export function matches(expected: ExpectedVersion, version: number): boolean {
  return expected === undefined || expected === 'any' || expected.includes(version);
}

/** `"<version>"`; for an entry with its type's version, because a field's new name changes what is answered. */
export function entityTag(version: number, typeVersion?: number): string {
  return typeVersion === undefined ? `"${version}"` : `"${version}.${typeVersion}"`;
}

/** Whether `If-None-Match` (RFC 9110 §13.1.2) names the tag; compared weakly, as it asks. */
export function noneMatch(header: string | undefined, tag: string): boolean {
  if (header === undefined) return true;
  if (header.trim() === '*') return false;
  return !header
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''))
    .includes(tag);
}
