import type { FastifyInstance } from 'fastify';
import { problem } from './problem.ts';

/**
 * Refuses requests with text that no database of ours can hold, wherever it stands: 400 `validation_failed`.
 * Such text is NUL (U+0000), or half of a surrogate pair, which is no character (Unicode §3.9, D92).
 */
export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    // The routers' own objects have prototypes of their own.
    const params = { ...(request.params as object) };
    const query = { ...(request.query as object) };
    const path = unstorablePath({ params, query, body: request.body });
    if (path === undefined) return done();
    const at = path.toWellFormed().replaceAll('\u0000', '').slice(0, 200);
    const message = 'has a character that is none: NUL, or half of a surrogate pair';
    done(problem('validation_failed', { detail: `${at} ${message}.`, errors: [{ path: at, message }] }));
  });
}

/** JSON pointer of the first text in parsed JSON, names of members included, that cannot be stored; undefined if all can. */
export function unstorablePath(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path;
  if (!isPlain(value)) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!isStorable(name)) return path;
    const found = unstorablePath(member, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a database of ours can hold the text. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/** What a parser makes; a body that is still a stream is left alone. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value);
}
