import { shareProblems } from './shared-problems.ts';

/** The members of an OpenAPI document that are merged. */
export interface OpenApiDocument {
  readonly openapi?: string;
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly tags?: readonly { readonly name: string }[];
}

export interface Part {
  /** Name of the service; begins the names of its components. */
  readonly name: string;
  readonly document: OpenApiDocument;
}

export interface MergeOptions {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly serverUrl: string;
  /** Services whose document could not be had. */
  readonly missing: readonly string[];
  /** Whether the gateway leads a path on; others are left out. */
  readonly isPublic: (part: string, path: string) => boolean;
}

/**
 * One OpenAPI document out of several. Components other than security schemes get their service's name in front, and
 * references are rewritten, so that two services may use one name for two things. Missing services are noted.
 */
export function mergeDocuments(parts: readonly Part[], options: MergeOptions): Record<string, unknown> {
  const paths: Record<string, unknown> = {};
  const components: Record<string, Record<string, unknown>> = {};
  const tags = new Map<string, unknown>();
  for (const { name, document } of parts) {
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      if (options.isPublic(name, path) && !Object.hasOwn(paths, path)) paths[path] = rename(item, name);
    }
    for (const [kind, members] of Object.entries(document.components ?? {})) {
      const target = components[kind] ?? {};
      components[kind] = target;
      for (const [key, member] of Object.entries(members)) {
        target[kind === 'securitySchemes' ? key : `${name}.${key}`] = rename(member, name);
      }
    }
    for (const tag of document.tags ?? []) tags.set(tag.name, tag);
  }
  const problem = shareProblems(paths, '#/components/schemas/Problem');
  if (problem !== undefined) components.schemas = { ...components.schemas, Problem: problem };
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
    servers: [{ url: options.serverUrl }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components,
    ...(tags.size > 0 && { tags: [...tags.values()] }),
    ...(options.missing.length > 0 && { 'x-missing-services': options.missing }),
  };
}

const MAX_DEPTH = 100;
const reference = /^#\/components\/(?!securitySchemes\/)([^/]+)\//;

/** A copy with references led to the renamed components and operation ids begun with the service's name. */
function rename(value: unknown, name: string, depth = 0): unknown {
  if (depth > MAX_DEPTH) return {};
  if (Array.isArray(value)) return value.map((member) => rename(member, name, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') continue;
    if (key === '$ref' && typeof member === 'string') copy[key] = member.replace(reference, `#/components/$1/${name}.`);
    else if (key === 'operationId' && typeof member === 'string') copy[key] = `${name}.${member}`;
    else copy[key] = rename(member, name, depth + 1);
  }
  return copy;
}
