import type { FastifyInstance, preValidationHookHandler, RouteOptions } from 'fastify';
import { isParsedJson } from './invalid-unicode.ts';
import { pointerPart, problem } from './problem.ts';

/**
 * Sees to it that no body is taken with a member that the service would ignore: a caller who asks for what is not
 * offered (`publish_at`) must not believe that it was granted. Where a route describes its body, each object in it must
 * say which other members it takes (`additionalProperties`): a route that forgets it fails when it is registered. Where
 * a route describes none, an empty object is all that it takes.
 */
export function closeBodies(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const body = route.schema?.body;
    if (body === undefined || body === null) refuseMembers(route);
    else {
      const open = openObject(body, 'body');
      if (open !== undefined) throw new TypeError(`${route.method} ${route.url}: ${open} lacks additionalProperties`);
    }
  });
}

function refuseMembers(route: RouteOptions): void {
  const before = route.preValidation ?? [];
  route.preValidation = [refuseUndescribed, ...(Array.isArray(before) ? before : [before])];
}

/** What is no JSON was taken by a parser of the route's own scope, which knows what to make of it. */
const refuseUndescribed: preValidationHookHandler = (request, _reply, done) => {
  const { body, headers } = request;
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  if (!isJson || body === null || !isParsedJson(body)) return done();
  const [member] = Object.keys(body);
  if (member === undefined && !Array.isArray(body)) return done();
  const path = `/body${member === undefined ? '' : `/${pointerPart(member)}`}`.slice(0, 200);
  done(
    problem('validation_failed', {
      detail: `${path} is not known here.`,
      errors: [{ path, message: 'is not known here' }],
    }),
  );
};

/** Path of the first object in a schema that does not say what other members it takes. */
function openObject(schema: unknown, path: string): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const { properties, additionalProperties } = schema as { properties?: object; additionalProperties?: unknown };
  if (properties !== undefined && additionalProperties === undefined) return path;
  const inside: [string, unknown][] = Object.entries({
    ...(schema as object),
    properties: undefined,
    enum: undefined,
    const: undefined,
  });
  for (const [name, member] of [...inside, ...Object.entries(properties ?? {})]) {
    const found = openObject(member, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
