import { Type } from 'typebox';

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

/** The refusals of a route, by status, for its documentation; what is sent comes from the error handler. */
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

/** Refusals of a route that asks for a bearer token. */
export const tokenRefusals = [
  'token_missing',
  'token_malformed',
  'token_expired',
  'token_invalid',
  'token_revoked',
] as const;

export const bearer: { security: { [scheme: string]: string[] }[] } = { security: [{ bearer: [] }] };
/** A route that also answers without a token. */
export const bearerOrNone: { security: { [scheme: string]: string[] }[] } = { security: [{ bearer: [] }, {}] };
