import { Ajv, type SchemaValidateFunction, type ValidateFunction } from 'ajv';
import type { RichTextDocument } from '../rich-text/document.ts';
import { richTextText } from '../rich-text/plain-text.ts';
import { isBlank } from '../values/blank.ts';
import { canonicalDate } from '../values/calendar-date.ts';
import { compareDecimals, readDecimal } from '../values/decimal.ts';
import { isUuid } from '../values/uuid.ts';
import type { ValueShape } from './field.ts';

/** Compiles a schema of `value-schema.ts`, with the formats and keywords of values. */
export function compileValues(schema: Record<string, unknown>): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, ownProperties: true, validateSchema: false, meta: false });
  ajv.addFormat('rfc3339', (text) => canonicalDate(text) !== undefined);
  ajv.addFormat('uuid', isUuid);
  ajv.addKeyword({ keyword: 'decimal', type: 'string', validate: saying(wrongWithDecimal) });
  ajv.addKeyword({ keyword: 'richText', validate: saying(wrongWithRichText) });
  return ajv.compile(schema);
}

interface RichTextRule {
  readonly minLength: number;
  readonly maxLength: number;
  readonly visible: boolean;
}

/** Lengths are of what is read; an image or a rule is seen too. */
function wrongWithRichText(rule: RichTextRule, document: RichTextDocument): string | undefined {
  const text = richTextText(document);
  const length = [...text].length;
  if (length < rule.minLength) return `must have a text of at least ${rule.minLength} characters`;
  if (length > rule.maxLength) return `must have a text of at most ${rule.maxLength} characters`;
  const empty = (document.content ?? []).every(({ type }) => type === 'paragraph' || type === 'heading');
  return rule.visible && empty && isBlank(text) ? 'is blank' : undefined;
}

function wrongWithDecimal(shape: ValueShape, text: string): string | undefined {
  const value = readDecimal(text);
  if (value === undefined) return 'must be a decimal as text, such as "19.90", of at most 38 digits';
  const { min, max, precision, scale } = shape;
  if (precision !== undefined && value.precision > precision) return `must have at most ${precision} digits`;
  if (scale !== undefined && value.scale > scale) return `must have at most ${scale} digits after the point`;
  if (typeof min === 'string' && compareDecimals(text, min) < 0) return `must be >= ${min}`;
  return typeof max === 'string' && compareDecimals(text, max) > 0 ? `must be <= ${max}` : undefined;
}

function saying<Rule, Value>(wrong: (rule: Rule, value: Value) => string | undefined): SchemaValidateFunction {
  const validate: SchemaValidateFunction = (rule: Rule, value: Value) => {
    const message = wrong(rule, value);
    validate.errors = message === undefined ? [] : [{ message, params: {} }];
    return message === undefined;
  };
  return validate;
}
