import { type OpenApiDocument, type Operation, operationsOf } from '@gaia/http-service/openapi/document';
import { tagsByTask } from './tags.ts';

export interface Part {
  /** Name of the service; begins the names of its components where another service means something else by them. */
  readonly name: string;
  readonly document: OpenApiDocument;
}

export interface MergeOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Services whose document could not be had. */
  readonly missing: readonly string[];
  /** Whether the gateway leads a path on; others are left out. */
  readonly isPublic: (part: string, path: string) => boolean;
  /** Adds what the gateway does before it leads a request on. */
  readonly complete: (part: string, path: string, method: string, operation: Operation) => void;
}

/**
 * One OpenAPI document out of several, by task. Where two services use one name for two things, that of the later one
 * gets its service's name in front. The server is whichever host the document is read from. Missing services are noted.
 */
export function mergeDocuments(parts: readonly Part[], options: MergeOptions): Record<string, unknown> {
  const paths: NonNullable<OpenApiDocument['paths']> = {};
  const components: Record<string, Record<string, unknown>> = {};
  for (const { name, document } of parts) {
    const renamed = addComponents(components, name, document);
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      if (!options.isPublic(name, path) || Object.hasOwn(paths, path)) continue;
      const copy = copyOf(item, renamed) as (typeof paths)[string];
      for (const [method, operation] of Object.entries(copy)) options.complete(name, path, method, operation);
      paths[path] = copy;
    }
  }
  const note =
    options.missing.length === 0 ? '' : `\n\nNot shown, because not reachable: ${options.missing.join(', ')}.`;
  return {
    openapi: '3.1.0',
    info: {
      title: options.title,
      description: options.description + note,
      version: options.version,
      license: { name: 'MIT' },
    },
    servers: [{ url: '/', description: 'The host that this document is read from' }],
    tags: tagsByTask(operationsOf({ paths }).flatMap((operation) => operation.tags ?? [])),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components,
    ...(options.missing.length > 0 && { 'x-missing-services': options.missing }),
  };
}

/** Adds the components of a part. Gives the names of those that got another one, by reference. */
function addComponents(
  components: Record<string, Record<string, unknown>>,
  part: string,
  document: OpenApiDocument,
): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  const own = Object.entries(document.components ?? {});
  for (const [kind, members] of own) {
    for (const [key, member] of Object.entries(members)) {
      const known = components[kind]?.[key];
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(member)) {
        renamed.set(`#/components/${kind}/${key}`, `${part}.${key}`);
      }
    }
  }
  for (const [kind, members] of own) {
    const target = components[kind] ?? {};
    components[kind] = target;
    for (const [key, member] of Object.entries(members)) {
      target[renamed.get(`#/components/${kind}/${key}`) ?? key] = copyOf(member, renamed);
    }
  }
  return renamed;
}

const MAX_DEPTH = 100;

/** A copy with references led to the renamed components. */
function copyOf(value: unknown, renamed: ReadonlyMap<string, string>, depth = 0): unknown {
  if (depth > MAX_DEPTH) return {};
  if (Array.isArray(value)) return value.map((member) => copyOf(member, renamed, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') continue;
    const name = key === '$ref' && typeof member === 'string' ? renamed.get(member) : undefined;
    copy[key] = name === undefined ? copyOf(member, renamed, depth + 1) : String(member).replace(/[^/]+$/, name);
  }
  return copy;
}
