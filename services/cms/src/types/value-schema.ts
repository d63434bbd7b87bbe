import { bounds, type Field, type ValueShape } from './field.ts';

/** JSON Schema of a value, with members of objects under their names. */
export function valueSchema(shape: ValueShape): Record<string, unknown> {
  switch (shape.type) {
    case 'text':
      return textSchema(shape, bounds.textLength);
    case 'richText':
      return textSchema(shape, bounds.richTextLength);
    case 'number':
      return {
        type: shape.integer ? 'integer' : 'number',
        ...(shape.min !== undefined && { minimum: shape.min }),
        ...(shape.max !== undefined && { maximum: shape.max }),
      };
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
        items: shape.of === undefined ? false : valueSchema(shape.of),
        minItems: shape.min_items ?? 0,
        maxItems: shape.max_items ?? bounds.listItems,
      };
    case 'object':
      return fieldsSchema(shape.fields ?? []);
  }
}

/** JSON Schema of an object that holds the fields under their names, and nothing else. */
export function fieldsSchema(fields: readonly Field[]): Record<string, unknown> {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, valueSchema(field)])),
    required: fields.filter((field) => field.required).map((field) => field.name),
    additionalProperties: false,
  };
}

function textSchema(shape: ValueShape, maxLength: number): Record<string, unknown> {
  return { type: 'string', minLength: shape.min_length ?? 0, maxLength: shape.max_length ?? maxLength };
}
