import { LRUCache } from 'lru-cache';
import type { CmsReader } from '../database.ts';
import { type CompiledType, compileType } from './compiled-type.ts';
import type { ContentType } from './field.ts';
import { findTypesById } from './type-store.ts';

/** Names one version of one type; such a version never changes. */
export interface TypeVersion {
  readonly site: string;
  readonly id: string;
  readonly version: number;
}

export interface TypeCache {
  /** The compiled form of a type that has just been read. */
  compiled(type: ContentType): CompiledType;
  /** The compiled form of a version that is known already. */
  known(version: TypeVersion): CompiledType | undefined;
  /** The version of a type that was seen last under a name; by now there may be a newer one, or none. */
  lastSeen(site: string, name: string): CompiledType | undefined;
  /** Compiled forms, read where they are not known; a type that was changed meanwhile comes in its newer version. */
  load(reader: CmsReader, versions: readonly TypeVersion[]): Promise<(version: TypeVersion) => CompiledType>;
}

const DEFAULT_CAPACITY = 500;

/** Keeps the compiled types that were used last; entries name the version of their type, so nothing goes stale. */
export function createTypeCache(capacity = DEFAULT_CAPACITY): TypeCache {
  const known = new LRUCache<string, CompiledType>({ max: capacity });
  const names = new LRUCache<string, CompiledType>({ max: capacity });

  function compiled(type: ContentType): CompiledType {
    const key = keyOf(type);
    const found = known.get(key) ?? compileType(type);
    known.set(key, found);
    names.set(nameOf(found.site, found.name), found);
    return found;
  }

  async function load(reader: CmsReader, versions: readonly TypeVersion[]) {
    const needed = new Map<string, CompiledType>();
    const missing = new Map<string, TypeVersion>();
    for (const version of versions) {
      const found = known.get(keyOf(version));
      if (found === undefined) missing.set(identityOf(version), version);
      else needed.set(identityOf(version), found);
    }
    for (const type of await findTypesById(reader, [...missing.values()])) {
      needed.set(identityOf(type), compiled(type));
    }
    return (version: TypeVersion) => {
      const found = needed.get(identityOf(version));
      if (found === undefined) throw new Error('a content type with entries is missing');
      return found;
    };
  }

  return {
    compiled,
    known: (version) => known.get(keyOf(version)),
    lastSeen: (site, name) => names.get(nameOf(site, name)),
    load,
  };
}

function nameOf(site: string, name: string): string {
  return `${site}/${name}`;
}

function keyOf(version: TypeVersion): string {
  return `${version.id}:${version.version}`;
}

function identityOf(version: TypeVersion): string {
  return `${version.site}/${version.id}`;
}
