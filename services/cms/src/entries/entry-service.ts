import type { ExpectedVersion } from '@gaia/http-service/conditional-requests';
import type { Caller } from '@gaia/policy/visibility';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { Author } from './author.ts';
import type { SavedEntry } from './entry.ts';
import type { AccessInput } from './entry-access.ts';
import type { EntryReader } from './entry-reader.ts';
import type { Referrer } from './referrers.ts';

export interface EntryInput extends AccessInput {
  /** Fields by name; null takes one away. */
  readonly fields?: JsonObject;
}

export interface NewEntryInput extends EntryInput {
  /** Publishes it at once, which takes `content:publish`. */
  readonly publish?: boolean;
}

/**
 * Entries of a site. Each method throws `entry_not_found` for what the caller may not read, and
 * `insufficient_scope` for what the caller may read but not change.
 */
export interface Entries extends EntryReader {
  /**
   * Throws `validation_failed`, `field_not_writable`, `value_not_unique`, `entry_too_large`, `too_many_access_rules`;
   * `file_not_readable` and `assets_unavailable` only if the entry names files.
   */
  create(
    author: Author,
    site: string,
    typeName: string,
    input: NewEntryInput,
    files: ReadableFiles,
  ): Promise<SavedEntry>;
  /**
   * Throws the same (of files, only those count that the entry does not name yet), and `version_conflict`. Changes
   * nothing, and says so by the version, if nothing differs.
   */
  update(
    author: Author,
    site: string,
    id: string,
    input: EntryInput,
    expected: ExpectedVersion,
    files: ReadableFiles,
  ): Promise<SavedEntry>;
  /**
   * Makes the working copy the published one. Done again, it changes nothing. Throws `validation_failed` for what is not
   * complete, and `references_unpublished` for references to drafts, unless they are to be published too.
   */
  publish(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    drafts?: 'refuse' | 'publish',
  ): Promise<SavedEntry>;
  /**
   * Takes the published copy away; the working copy stays. Done again, it changes nothing. Throws `entry_in_use` if
   * published copies refer to it, unless they are to be unlinked.
   */
  unpublish(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    referrers?: 'refuse' | 'unlink',
  ): Promise<SavedEntry>;
  /** Gives the position of the deletion in the feed. Throws `entry_in_use` if entries refer to it, as `unpublish`. */
  remove(
    author: Author,
    site: string,
    id: string,
    expected: ExpectedVersion,
    referrers?: 'refuse' | 'unlink',
  ): Promise<string>;
  /** Entries that refer to one, of those that the caller may read, by id. */
  referrers(
    caller: Caller,
    site: string,
    id: string,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<{ referrers: Referrer[]; last: string | undefined }>;
}
