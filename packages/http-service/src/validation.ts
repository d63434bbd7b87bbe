import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';
import type { FastifySchemaCompiler } from 'fastify';

/**
 * Schema validation: bodies are taken as they are, so that a number where a text belongs is an error and not
 * a text; query, path and header values, which always arrive as text, are converted to the type that is asked for.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<AnySchema> {
  const options = { removeAdditional: false, useDefaults: true, allErrors: false, strict: false } as const;
  const strict = new Ajv({ ...options, coerceTypes: false });
  const converting = new Ajv({ ...options, coerceTypes: 'array' });
  addFormats.default(strict);
  addFormats.default(converting);
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : converting).compile(schema);
}
