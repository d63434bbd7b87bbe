import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';
import fastJsonStringify from 'fast-json-stringify';
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';

interface SchemaCompilers {
  readonly validator: FastifySchemaCompiler<AnySchema>;
  readonly serializer: FastifySerializerCompiler<AnySchema>;
}

/**
 * Compilers for the schemas of requests and answers. Bodies are taken as they are, so that a number where a text belongs
 * is an error and not a text; query, path and header values, which always arrive as text, are converted to the type that
 * is asked for. Equal schemas are compiled once: that of a problem stands several times at every route.
 */
function createSchemaCompilers(): SchemaCompilers {
  const options = { removeAdditional: false, useDefaults: true, allErrors: false, strict: false } as const;
  const strict = new Ajv({ ...options, coerceTypes: false });
  const converting = new Ajv({ ...options, coerceTypes: 'array' });
  addFormats.default(strict);
  addFormats.default(converting);
  const body = onceForEqual((schema) => strict.compile(schema));
  const other = onceForEqual((schema) => converting.compile(schema));
  const answer = onceForEqual((schema) => fastJsonStringify(schema as object));
  return {
    validator: ({ schema, httpPart }) => (httpPart === 'body' ? body : other)(schema),
    serializer: ({ schema }) => answer(schema),
  };
}

function onceForEqual<Compiled>(compile: (schema: AnySchema) => Compiled): (schema: AnySchema) => Compiled {
  const known = new Map<string, Compiled>();
  return (schema) => {
    const text = JSON.stringify(schema);
    const compiled = known.get(text) ?? compile(schema);
    known.set(text, compiled);
    return compiled;
  };
}

let compilers: SchemaCompilers | undefined;

/** Those of this process: services that run in one process share what they compile. */
export function schemaCompilers(): SchemaCompilers {
  compilers ??= createSchemaCompilers();
  return compilers;
}
