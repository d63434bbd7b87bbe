/** As much of a JSON schema as the OpenAPI document of the service has in bodies. */
export interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly pattern?: string;
}

const texts = ['member', 'v'.repeat(43)];

/** The least that a schema accepts, so that a member more is the only fault. */
export function sampleOf(schema: Schema): unknown {
  const { type, anyOf, enum: choices, properties = {}, required = [], items = {}, minItems = 0, minimum = 0 } = schema;
  if (anyOf?.[0]) return sampleOf(anyOf[0]);
  if (choices) return choices[0];
  if (type === 'object') {
    const names = required.length > 0 ? required : Object.keys(properties).slice(0, schema.minProperties ?? 0);
    return Object.fromEntries(names.map((name) => [name, sampleOf(properties[name] ?? {})]));
  }
  if (type === 'array') return Array.from({ length: minItems }, () => sampleOf(items));
  if (type === 'boolean') return true;
  if (type === 'integer') return minimum;
  const { minLength = 0, pattern = '' } = schema;
  const text = texts.find((one) => one.length >= minLength && new RegExp(pattern, 'u').test(one));
  return text ?? 'x'.repeat(minLength);
}
