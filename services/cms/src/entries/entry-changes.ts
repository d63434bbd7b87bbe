import { type ExpectedVersion, matches } from '@gaia/http-service/conditional-requests';
import type { ProblemPart } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';
import type { CompiledType } from '../types/compiled-type.ts';
import { bounds } from '../types/field.ts';
import { type JsonObject, sameJson, withoutNulls } from '../values/json-values.ts';
import { STATUS, VISIBILITY } from './entry.ts';
import type { StoredEntry } from './stored-entry.ts';

/**
 * The document that the fields make over another one (none for a new entry), by field id. A field that is null is
 * taken away; one that is not named stays as it is, also where the type has become stricter since; a nested object is
 * replaced whole. Defaults fill what a new entry leaves out, and what is required. What is required may be missing.
 * Throws `validation_failed`, `entry_too_large`.
 */
export function mergedDocument(type: CompiledType, before: JsonObject | undefined, fields: JsonObject): JsonObject {
  const values = { ...(withoutNulls(fields) as Record<string, unknown>) };
  for (const field of type.fields) {
    const isKept = !Object.hasOwn(fields, field.name) && before?.[field.id] !== undefined;
    if (field.default === undefined || isKept || Object.hasOwn(values, field.name)) continue;
    if (field.required || (before === undefined && !Object.hasOwn(fields, field.name))) {
      values[field.name] = field.default;
    }
  }
  const changed = type.encode(values);
  const kept = type.fields.filter(({ name, id }) => !Object.hasOwn(fields, name) && before?.[id] !== undefined);
  const document = { ...Object.fromEntries(kept.map(({ id }) => [id, before?.[id]])), ...changed };
  const bytes = bytesOf(document);
  if (bytes > bounds.entryBytes && (before === undefined || bytes > bytesOf(before))) {
    throw problem('entry_too_large', { detail: `At most ${bounds.entryBytes} bytes are taken.` });
  }
  return document;
}

/** The working copy as it is published. Throws `validation_failed`, naming what is missing or wrong. */
export function completeDocument(type: CompiledType, draft: JsonObject): JsonObject {
  const document = mergedDocument(type, draft, {});
  type.refuseIncomplete(document);
  return document;
}

function bytesOf(document: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(document));
}

/** Ids of the type's fields in which two documents differ. */
export function differingFields(type: CompiledType, one: JsonObject, other: JsonObject): string[] {
  return type.fields.map((field) => field.id).filter((id) => !sameJson(one[id], other[id]));
}

/** `fieldVersions` after a change of some of its keys in a version. */
export function stamped(
  entry: Pick<StoredEntry, 'fieldVersions'>,
  keys: readonly string[],
  version: number,
): Readonly<Record<string, number>> {
  return { ...entry.fieldVersions, ...Object.fromEntries(keys.map((key) => [key, version])) };
}

/**
 * Refuses a change that was made upon another version than the current one: `version_conflict`, whose `errors` and
 * `fields` name what was changed since the version that the caller knows.
 */
export function refuseConflict(entry: StoredEntry, type: CompiledType, expected: ExpectedVersion): void {
  if (matches(expected, entry.version)) return;
  const known = Array.isArray(expected) ? Math.max(0, ...expected.filter((version) => version < entry.version)) : 0;
  const since = (key: string) => (entry.fieldVersions[key] ?? 0) > known;
  const fields = type.fields.filter((field) => since(field.id));
  const parts: [path: string, key: string][] = [
    ...fields.map((field): [string, string] => [`/body/fields/${field.name}`, field.id]),
    ...(
      [
        [VISIBILITY, 'visibility'],
        [STATUS, 'status'],
      ] as const
    )
      .filter(([key]) => since(key))
      .map(([key, name]): [string, string] => [`/body/${name}`, key]),
  ];
  const errors: ProblemPart[] = parts.map(([path, key]) => ({
    path,
    message: `was changed in version ${entry.fieldVersions[key]}`,
  }));
  throw problem('version_conflict', {
    errors,
    extensions: { fields: fields.map((field) => field.name), current_version: entry.version },
  });
}
