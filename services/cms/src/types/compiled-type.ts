import { pointerPart, problem } from '@gaia/http-service/problem';
import { mayReadField } from '@gaia/policy/fields';
import type { Caller } from '@gaia/policy/visibility';
import { Ajv, type ErrorObject } from 'ajv';
import { canonicalDate } from '../values/calendar-date.ts';
import type { JsonObject } from '../values/json-values.ts';
import { isUuid } from '../values/uuid.ts';
import type { ContentType, Field, FieldType, ValueShape } from './field.ts';
import { fieldsSchema } from './value-schema.ts';

/** A content type made ready for work: its check is compiled once for each version of the type. */
export interface CompiledType extends ContentType {
  readonly fieldByName: ReadonlyMap<string, Field>;
  /** Whether a field of it, at any depth, leads to entries. */
  readonly mentionsEntries: boolean;
  /** Whether one names files. */
  readonly mentionsFiles: boolean;
  /**
   * Turns fields by name, as they arrive, into the stored document by field id.
   * Throws `validation_failed` naming each wrong part below `/body/fields`.
   */
  encode(values: JsonObject): JsonObject;
  /** Turns a stored document into fields by name; values of fields that the type has no more are left out. */
  decode(document: JsonObject): JsonObject;
  /** A stored document without the fields that a caller may not read. */
  readableDocument(caller: Caller, document: JsonObject): JsonObject;
}

const MAX_ERRORS = 20;

export function compileType(type: ContentType): CompiledType {
  const ajv = new Ajv({ strict: false, allErrors: true, ownProperties: true, validateSchema: false, meta: false });
  ajv.addFormat('rfc3339', (text) => canonicalDate(text) !== undefined);
  ajv.addFormat('uuid', isUuid);
  const check = ajv.compile(fieldsSchema(type.fields));
  const ruled = type.fields.filter((field) => field.readable_by !== undefined);
  return {
    ...type,
    fieldByName: new Map(type.fields.map((field) => [field.name, field])),
    mentionsEntries: type.fields.some((field) => hasShape(field, 'reference')),
    mentionsFiles: type.fields.some((field) => hasShape(field, 'asset')),
    encode: (values) => {
      if (!check(values)) throw refusal(check.errors ?? []);
      return encodeFields(type.fields, values);
    },
    decode: (document) => decodeFields(type.fields, document),
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

function refusal(failures: readonly ErrorObject[]) {
  const errors = failures.slice(0, MAX_ERRORS).map((failure) => {
    const params = failure.params as { missingProperty?: string; additionalProperty?: string };
    const member = params.missingProperty ?? params.additionalProperty;
    const path = `/body/fields${failure.instancePath}${member === undefined ? '' : `/${pointerPart(member)}`}`;
    return { path: path.slice(0, 200), message: messageOf(failure) };
  });
  const first = errors[0];
  return problem('validation_failed', { detail: first ? `${first.path} ${first.message}.` : 'Not valid.', errors });
}

function messageOf(failure: ErrorObject): string {
  if (failure.keyword === 'required') return 'is missing';
  if (failure.keyword === 'additionalProperties') return 'is not a field of this type';
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

function decodeFields(fields: readonly Field[], document: JsonObject): JsonObject {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = document[field.id];
    // No field is called __proto__: names begin with a letter.
    if (value !== undefined) values[field.name] = decodeValue(field, value);
  }
  return values;
}

function decodeValue(shape: ValueShape, value: unknown): unknown {
  if (shape.type === 'object') return decodeFields(shape.fields ?? [], value as JsonObject);
  if (shape.type === 'list' && (shape.of?.type === 'object' || shape.of?.type === 'list')) {
    const item = shape.of;
    return (value as unknown[]).map((member) => decodeValue(item, member));
  }
  return value;
}
