import type { FastifyInstance } from 'fastify';
import { problem } from './problem.ts';

/**
 * Rejects requests with text that PostgreSQL cannot store: 400 `validation_failed`. Such text has NUL (U+0000) or an unpaired
 * surrogate (Unicode §3.9, D92).
 */
export function rejectInvalidUnicode(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    // The objects of the router have prototypes of their own.
    const params = { ...(request.params as object) };
    const query = { ...(request.query as object) };
    const path = invalidUnicodePath({ params, query, body: request.body });
    if (path === undefined) return done();
    const at = path.toWellFormed().replaceAll('\u0000', '').slice(0, 200);
    const message = 'contains NUL or an unpaired surrogate';
    done(problem('validation_failed', { detail: `${at} ${message}.`, errors: [{ path: at, message }] }));
  });
}

/** JSON pointer of the first invalid text or member name in parsed JSON. */
export function invalidUnicodePath(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return isValidUnicode(value) ? undefined : path;
  if (!isParsedJson(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!isValidUnicode(name)) return path;
    const found = invalidUnicodePath(member, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether PostgreSQL can store the text. */
export function isValidUnicode(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/** Parsed JSON; a body can also be a stream. */
export function isParsedJson(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}
