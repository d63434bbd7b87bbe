import { createHash } from 'node:crypto';

/**
 * The names of all keys. In Redis Cluster a script may touch only keys of one slot: every script here touches one key,
 * except those of the revocation feed, whose two keys and channel share the hash tag `{revocations}`.
 */
export interface Keys {
  family(sid: string): string;
  /** The same by the key part of a sid, as the index holds it. */
  familyByPart(part: string): string;
  /** Sorted set of a user's families by their absolute end: in another slot than the families themselves. */
  subject(sub: string): string;
  record(collection: string, id: string): string;
  consumed(purpose: string, id: string): string;
  counter(name: string): string;
  readonly feedHead: string;
  readonly feedEntries: string;
  readonly feedChannel: string;
}

/** Throws unless the prefix is 1 to 64 letters, digits and `. _ : -` (a brace would move every key into one slot). */
export function createKeys(prefix: string): Keys {
  if (!/^[\w.:-]{1,64}$/.test(prefix)) throw new Error('the prefix of keys must match [A-Za-z0-9_.:-]{1,64}');
  return {
    family: (sid) => `${prefix}family:${keyPart(sid)}`,
    familyByPart: (part) => `${prefix}family:${part}`,
    subject: (sub) => `${prefix}subject:${keyPart(sub)}`,
    record: (collection, id) => `${prefix}record:${keyPart(collection)}:${keyPart(id)}`,
    consumed: (purpose, id) => `${prefix}consumed:${keyPart(purpose)}:${keyPart(id)}`,
    counter: (name) => `${prefix}counter:${keyPart(name)}`,
    feedHead: `${prefix}{revocations}:head`,
    feedEntries: `${prefix}{revocations}:entries`,
    feedChannel: `${prefix}{revocations}:feed`,
  };
}

/**
 * An id as part of a key. What could be mistaken for the structure of a key, is long, or is not plain ASCII is replaced
 * by its SHA-256 behind a `~`, which no plain part begins with: different ids never share a key.
 */
export function keyPart(id: string): string {
  if (/^[\w.@+=,/|-]{1,100}$/.test(id)) return id;
  // UTF-16, because UTF-8 makes all lone surrogates the same.
  return `~${createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('base64url')}`;
}
