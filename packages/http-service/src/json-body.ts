import type { FastifyInstance } from 'fastify';
import { type InexactNumber, inexactNumberIn } from './exact-numbers.ts';
import { withPlainNames } from './json-names.ts';
import { problem } from './problem.ts';

/** Deepest nesting of a JSON body. */
export const MAX_JSON_DEPTH = 64;

/**
 * Takes JSON bodies: refuses nesting deeper than MAX_JSON_DEPTH before it is parsed, so that no later walk over
 * the value can exhaust the stack, `__proto__`/`constructor` keys, so that none can poison a prototype, and numbers
 * that a double cannot hold as they are written, so that none is changed silently.
 * Other types of bodies are refused where a route does not take them by itself.
 */
export function takeJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (deeperThan(text, MAX_JSON_DEPTH)) {
      done(problem('json_too_deep', { detail: `At most ${MAX_JSON_DEPTH} levels are taken.` }));
      return;
    }
    const plain = withPlainNames(text);
    if (plain === undefined) {
      const detail = 'A member’s name may hold no quotation mark, backslash or control character.';
      done(problem('malformed_json', { detail }));
      return;
    }
    parse(request, plain, (error, value) => {
      const inexact = error ? undefined : inexactNumberIn(plain);
      done(error ?? (inexact && inexactNumber(inexact)) ?? null, value);
    });
  });
}

function inexactNumber({ path, source }: InexactNumber) {
  const at = `/body${path}`.slice(0, 200);
  const message = `is a number that would not be kept as it is written: ${source.slice(0, 40)}`;
  return problem('validation_failed', { detail: `${at} ${message}.`, errors: [{ path: at, message }] });
}

/** Whether brackets outside of strings nest deeper than `limit`. */
export function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === 0x5c) index += 1;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x7b || character === 0x5b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === 0x7d || character === 0x5d) depth -= 1;
  }
  return false;
}
