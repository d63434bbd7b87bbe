import type { ProblemPart } from '@gaia/http-service/problem';
import { readRichText } from '../rich-text/input.ts';
import { RichTextError } from '../rich-text/validate.ts';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import type { Field, ValueShape } from './field.ts';

/** Values by name in which each rich text is a document, whatever it was sent as. What is wrong goes to `report`. */
export function withRichTexts(
  fields: readonly Field[],
  values: JsonObject,
  path: string,
  report: (part: ProblemPart) => void,
): JsonObject {
  const changed = fields
    .filter((field) => Object.hasOwn(values, field.name) && leadsToRichText(field))
    .map((field) => [field.name, documentsIn(field, values[field.name], `${path}/${field.name}`, report)]);
  return changed.length === 0 ? values : { ...values, ...Object.fromEntries(changed) };
}

function documentsIn(shape: ValueShape, value: unknown, path: string, report: (part: ProblemPart) => void): unknown {
  if (shape.type === 'object') {
    return isJsonObject(value) ? withRichTexts(shape.fields ?? [], value, path, report) : value;
  }
  if (shape.type === 'list') {
    const item = shape.of;
    if (item === undefined || !Array.isArray(value)) return value;
    return value.map((member: unknown, index) => documentsIn(item, member, `${path}/${index}`, report));
  }
  try {
    return readRichText(value);
  } catch (error) {
    if (!(error instanceof RichTextError)) throw error;
    report({ path: `${path}${error.path}`.slice(0, 200), message: error.message });
    return value;
  }
}

function leadsToRichText(shape: ValueShape): boolean {
  if (shape.type === 'richText') return true;
  return (shape.fields ?? []).some(leadsToRichText) || (shape.of !== undefined && leadsToRichText(shape.of));
}
