import { type TSchema, Type } from 'typebox';

const ProblemDocument = Type.Object(
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
 * The refusals of a route for its schema: `problems({ 401: ['token_missing', …] })`. They are documentation; what is sent
 * comes from the error handler, so the type says nothing of them.
 */
export function problems(codes: Readonly<Record<number, readonly string[]>>): Record<never, never> {
  const answers = Object.entries(codes).map(([status, names]): [string, object] => [
    status,
    {
      description: names.map((name) => `\`${name}\``).join(', '),
      content: { 'application/problem+json': { schema: ProblemDocument } },
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

/** The schema of one page of a list. */
export function pageSchema<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For the next page; null on the last' }),
  });
}

export const bearer: { security: { [scheme: string]: string[] }[] } = { security: [{ bearer: [] }] };

/** Text that people write: no control characters (PostgreSQL refuses NUL, and a terminal obeys the others). */
export function plainText(options: { minLength?: number; maxLength: number; description?: string }) {
  return Type.String({ ...options, pattern: '^[^\\p{Cc}]*$' });
}

/** An answer without a body. */
export function noBody(description: string) {
  return Type.Unsafe<undefined>({ type: 'null', description });
}
