import type { AccessRule } from '@gaia/policy/access-rule';
import type { CompiledType } from '../types/compiled-type.ts';
import type { JsonObject } from '../values/json-values.ts';

/** Who made the last change of an entry; undefined for one from before that was kept. */
export interface LastChange {
  /** User or service account. */
  readonly by: string | undefined;
  /** The party that acted for it (RFC 8693 §4.1 `act`). */
  readonly via: string | undefined;
}

/** An entry as one caller sees it: of its two copies, the one that is for this caller. Times in milliseconds. */
export interface EntryView {
  readonly site: string;
  readonly id: string;
  readonly type: CompiledType;
  readonly status: 'draft' | 'published';
  /** To whom the published copy is open, and the rule's number in the site. */
  readonly rule: AccessRule;
  readonly accessClass: number;
  readonly author: string;
  /** By field id; only fields that the caller may read. */
  readonly document: JsonObject;
  readonly version: number;
  /** Whether the working copy differs from the published one; readers of the published copy are told false. */
  readonly changed: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly publishedAt: number | undefined;
  /** Undefined for those who may not change the entry. */
  readonly lastChange: LastChange | undefined;
}

/** What a change gives: the entry as its editor sees it, and the position in the feed at which the change stands. */
export interface SavedEntry {
  readonly entry: EntryView;
  readonly seq: string;
}

/** Keys of `field_versions` for what is no field; no field id looks so. */
export const VISIBILITY = '@visibility';
export const STATUS = '@status';
