import { ProblemDocument } from '../route-schemas.ts';
import { type OpenApiDocument, operationsOf, type Schema } from './document.ts';

/** A `title` that makes a schema a component; other titles are for people. */
const componentName = /^[A-Z][A-Za-z0-9]*$/;
/** Members that hold values, not schemas. */
const valueMembers = new Set(['example', 'examples', 'default', 'const', 'enum']);

/**
 * Moves the schemas with a title to `components.schemas`, under it, and those of bodies and of successful responses
 * without one under a name made of the operation's id: generated code then has a type for each.
 */
export function nameSchemas(document: OpenApiDocument): void {
  const schemas: Record<string, Schema> = {};

  function share(name: string, schema: Schema): Schema {
    const known = schemas[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two different schemas have the title ${name}`);
    }
    schemas[name] = schema;
    return { $ref: `#/components/schemas/${name}` };
  }

  function shareTitled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shareTitled);
    if (typeof value !== 'object' || value === null) return value;
    const copy: Schema = {};
    for (const [key, member] of Object.entries(value)) copy[key] = valueMembers.has(key) ? member : shareTitled(member);
    const { title } = copy;
    return typeof title === 'string' && componentName.test(title) ? share(title, copy) : copy;
  }

  document.paths = shareTitled(document.paths ?? {}) as NonNullable<OpenApiDocument['paths']>;
  for (const { operationId, requestBody, responses } of operationsOf(document)) {
    if (operationId === undefined) continue;
    const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}`;
    const contents: [string, object | undefined][] = [
      [`${name}Request`, requestBody?.content],
      ...Object.entries(responses)
        .filter(([status]) => status.startsWith('2'))
        .map(([, response]): [string, object | undefined] => [`${name}Response`, response.content]),
    ];
    for (const [schemaName, content] of contents) {
      for (const media of Object.values(content ?? {}) as { schema?: Schema }[]) {
        if (media.schema !== undefined && isStructured(media.schema)) media.schema = share(schemaName, media.schema);
      }
    }
  }
  share('Problem', { ...ProblemDocument });
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...schemas } };
}

function isStructured(schema: Schema): boolean {
  return 'properties' in schema || 'anyOf' in schema || 'additionalProperties' in schema;
}
