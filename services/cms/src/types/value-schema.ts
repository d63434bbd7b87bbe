import { VISIBLE } from '../values/blank.ts';
import { bounds, type Field, type ValueShape } from './field.ts';

/** Whether what is required must be there: in what readers see, not in a draft. */
export type Completeness = 'complete' | 'draft';

/** JSON Schema of a value, with members of objects under their names. The keywords of its own: `value-keywords.ts`. */
export function valueSchema(shape: ValueShape, completeness: Completeness, required = false): Record<string, unknown> {
  switch (shape.type) {
    case 'text':
      return {
        type: 'string',
        minLength: shape.min_length ?? 0,
        maxLength: shape.max_length ?? bounds.textLength,
        ...(required && completeness === 'complete' && { pattern: VISIBLE }),
      };
    case 'richText':
      return {
        richText: {
          minLength: shape.min_length ?? 0,
          maxLength: shape.max_length ?? bounds.richTextLength,
          visible: required && completeness === 'complete',
        },
      };
    case 'number':
      return {
        type: shape.integer ? 'integer' : 'number',
        ...(shape.min !== undefined && { minimum: shape.min }),
        ...(shape.max !== undefined && { maximum: shape.max }),
      };
    case 'decimal':
      return { type: 'string', decimal: shape };
    case 'boolean':
      return { type: 'boolean' };
    case 'date':
      return { type: 'string', maxLength: 40, format: 'rfc3339' };
    case 'enum':
      return { type: 'string', enum: shape.values ?? [] };
    case 'reference':
      return { type: 'string', maxLength: 36, format: 'uuid' };
    case 'asset':
      return { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' };
    case 'list':
      return {
        type: 'array',
        items: shape.of === undefined ? false : valueSchema(shape.of, completeness),
        minItems: shape.min_items ?? 0,
        maxItems: shape.max_items ?? bounds.listItems,
      };
    case 'object':
      return fieldsSchema(shape.fields ?? [], completeness);
  }
}

/** JSON Schema of an object that holds the fields under their names, and nothing else. */
export function fieldsSchema(fields: readonly Field[], completeness: Completeness): Record<string, unknown> {
  const required = fields.filter((field) => field.required).map((field) => field.name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [field.name, valueSchema(field, completeness, field.required)]),
    ),
    required: completeness === 'complete' ? required : [],
    additionalProperties: false,
  };
}
