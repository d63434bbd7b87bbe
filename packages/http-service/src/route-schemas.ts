import type { Readable } from 'node:stream';
import { SITE_ID_PATTERN } from '@gaia/tokens/site-id';
import { type TSchema, Type } from 'typebox';

export const ProblemDocument = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; what programs decide by' }),
    detail: Type.Optional(Type.String()),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { description: 'RFC 9457 problem details' },
);

/**
 * The refusals of a route for its schema: `problems({ 401: ['token_missing', …] })`. They are documentation; what is
 * sent comes from the error handler, so the type says nothing of them.
 */
export function problems(codes: Readonly<Record<number, readonly string[]>>): Record<never, never> {
  const answers = Object.entries(codes).map(([status, names]): [string, object] => [
    status,
    {
      description: names.map((name) => `\`${name}\``).join(', '),
      content: { 'application/problem+json': { schema: ProblemDocument, 'x-problem-codes': names } },
    },
  ]);
  return Object.fromEntries(answers);
}

/** Refusals of every route that asks for a bearer token. */
export const tokenRefusals = [
  'token_missing',
  'token_malformed',
  'token_expired',
  'token_invalid',
  'token_revoked',
] as const;

/** 401s, and what every route of a site answers to tokens of other sites or without the permission. */
export const siteRefusals = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'] } as const;

/** Refusals of requests that carry a body. */
export const bodyRefusals = ['malformed_json', 'json_too_deep', 'validation_failed'] as const;

export const bearer: { security: { [scheme: string]: string[] }[] } = { security: [{ bearer: [] }] };

/** A route that also answers without a token. */
export const bearerOrNone: { security: { [scheme: string]: string[] }[] } = { security: [{ bearer: [] }, {}] };

export const SiteId = Type.String({ pattern: SITE_ID_PATTERN, description: 'Id of the site' });

export const SiteParams = Type.Object({ site: SiteId });

export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({ maxLength: 1_000, description: 'Change only if this is still the ETag (RFC 9110 §13.1.1)' }),
  ),
});

/** Text that people write: no control characters (PostgreSQL refuses NUL, and a terminal obeys the others). */
export function plainText(options: { minLength?: number; maxLength: number; description?: string }) {
  return Type.String({ ...options, pattern: '^[^\\p{Cc}]*$' });
}

/**
 * A member of an answer that is a bearer or refresh token, or another secret. How a cookie may ask for it stands in the
 * gateway's route table; a test compares the two.
 */
export function secretText(kind: 'token' | 'secret', description?: string) {
  return Type.String({ 'x-secret': kind, ...(description !== undefined && { description }) });
}

/** The schema of one page of a list. */
export function pageSchema<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last' }),
  });
}

/** An answer without a body. */
export function noBody(description: string) {
  return Type.Unsafe<undefined>({ type: 'null', description });
}

/** An answer of bytes that are sent as a stream. */
export function byteStream(description: string) {
  const schema = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });
  return { description, content: { 'application/octet-stream': { schema } } };
}
