import { type ProblemPart, pointerPart, problem } from '@gaia/http-service/problem';
import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import type { ErrorObject } from 'ajv';
import type { RichTextDocument } from '../rich-text/document.ts';
import { storedRichText } from '../rich-text/input.ts';
import { VISIBLE } from '../values/blank.ts';
import { canonicalDate } from '../values/calendar-date.ts';
import type { JsonObject } from '../values/json-values.ts';
import type { ContentType, Field, FieldType, ValueShape } from './field.ts';
import { withRichTexts } from './rich-text-values.ts';
import { fieldsSchema } from './value-schema.ts';
import { compileValues } from './value-validator.ts';

/** A content type made ready for work: its check is compiled once for each version of the type. */
export interface CompiledType extends ContentType {
  readonly fieldByName: ReadonlyMap<string, Field>;
  /** Whether a field of it, at any depth, leads to entries. */
  readonly mentionsEntries: boolean;
  /** Whether one names files. */
  readonly mentionsFiles: boolean;
  /**
   * Turns fields by name, as they arrive, into the stored document by field id.
   * What is required may be missing: a draft can be incomplete. Throws `validation_failed` naming each wrong part below
   * `/body/fields`.
   */
  encode(values: JsonObject): JsonObject;
  /** Throws `validation_failed` for a stored document that readers may not see yet, naming what is missing or wrong. */
  refuseIncomplete(document: JsonObject): void;
  /** Turns a stored document into fields by name; values of fields that the type has no more are left out. */
  decode(document: JsonObject, richText?: RichTextWriter): JsonObject;
  /** A stored document without the fields that a caller may not read. */
  readableDocument(caller: Caller, document: JsonObject): JsonObject;
}

/** Makes of a rich text what a reader is given. */
export type RichTextWriter = (document: RichTextDocument) => unknown;

const MAX_ERRORS = 20;

export function compileType(type: ContentType): CompiledType {
  const check = compileValues(fieldsSchema(type.fields, 'draft'));
  let checkComplete: ReturnType<typeof compileValues> | undefined;
  const ruled = type.fields.filter((field) => field.readable_by !== undefined);
  return {
    ...type,
    fieldByName: new Map(type.fields.map((field) => [field.name, field])),
    mentionsEntries: type.fields.some((field) => hasShape(field, 'reference')),
    mentionsFiles: type.fields.some((field) => hasShape(field, 'asset')),
    encode: (values) => {
      const wrong: ProblemPart[] = [];
      const read = withRichTexts(type.fields, values, '/body/fields', (part) => wrong.push(part));
      if (wrong.length > 0) throw refusal(wrong);
      if (!check(read)) throw refusal(partsOf(check.errors ?? []));
      return encodeFields(type.fields, read);
    },
    refuseIncomplete: (document) => {
      checkComplete ??= compileValues(fieldsSchema(type.fields, 'complete'));
      if (!checkComplete(decodeFields(type.fields, document))) throw refusal(partsOf(checkComplete.errors ?? []));
    },
    decode: (document, richText) => decodeFields(type.fields, document, richText),
    readableDocument: (caller, document) => {
      const hidden = ruled.filter((field) => !mayReadField(caller, field.readable_by)).map((field) => field.id);
      if (hidden.length === 0) return document;
      return Object.fromEntries(Object.entries(document).filter(([id]) => !hidden.includes(id)));
    },
  };
}

function hasShape(shape: ValueShape, type: FieldType): boolean {
  if (shape.type === type) return true;
  return (
    (shape.fields ?? []).some((field) => hasShape(field, type)) || (shape.of !== undefined && hasShape(shape.of, type))
  );
}

function refusal(parts: readonly ProblemPart[]) {
  const errors = parts.slice(0, MAX_ERRORS);
  const first = errors[0];
  return problem('validation_failed', { detail: first ? `${first.path} ${first.message}.` : 'Not valid.', errors });
}

function partsOf(failures: readonly ErrorObject[]): ProblemPart[] {
  return failures.map((failure) => {
    const params = failure.params as { missingProperty?: string; additionalProperty?: string };
    const member = params.missingProperty ?? params.additionalProperty;
    const path = `/body/fields${failure.instancePath}${member === undefined ? '' : `/${pointerPart(member)}`}`;
    return { path: path.slice(0, 200), message: messageOf(failure) };
  });
}

function messageOf(failure: ErrorObject): string {
  if (failure.keyword === 'required') return 'is missing';
  if (failure.keyword === 'additionalProperties') return 'is not a field of this type';
  if (failure.keyword === 'pattern' && failure.params.pattern === VISIBLE) return 'is blank';
  if (failure.keyword === 'enum') return 'must be one of the listed values';
  if (failure.keyword === 'format') {
    return failure.params.format === 'uuid' ? 'must be the id of an entry' : 'must be a date as in RFC 3339';
  }
  return failure.message ?? 'is not valid';
}

function encodeFields(fields: readonly Field[], values: JsonObject): JsonObject {
  return Object.fromEntries(
    fields
      .filter((field) => Object.hasOwn(values, field.name))
      .map((field) => [field.id, encodeValue(field, values[field.name])]),
  );
}

function encodeValue(shape: ValueShape, value: unknown): unknown {
  if (shape.type === 'date') return canonicalDate(value as string);
  if (shape.type === 'reference') return (value as string).toLowerCase();
  if (shape.type === 'object') return encodeFields(shape.fields ?? [], value as JsonObject);
  if (shape.type === 'list' && shape.of !== undefined) {
    const item = shape.of;
    return (value as unknown[]).map((member) => encodeValue(item, member));
  }
  return value;
}

function decodeFields(fields: readonly Field[], document: JsonObject, richText: RichTextWriter = asItIs): JsonObject {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = document[field.id];
    // No field is called __proto__: names begin with a letter.
    if (value !== undefined) values[field.name] = decodeValue(field, value, richText);
  }
  return values;
}

const asItIs: RichTextWriter = (document) => document;

function decodeValue(shape: ValueShape, value: unknown, richText: RichTextWriter): unknown {
  if (shape.type === 'object') return decodeFields(shape.fields ?? [], value as JsonObject, richText);
  if (shape.type === 'richText') return richText(storedRichText(value));
  if (
    shape.type === 'list' &&
    ['object', 'list', 'richText'].includes(shape.of?.type ?? '') &&
    shape.of !== undefined
  ) {
    const item = shape.of;
    return (value as unknown[]).map((member) => decodeValue(item, member, richText));
  }
  return value;
}
