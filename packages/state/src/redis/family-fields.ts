import type { Family } from '../state.ts';
import { keyPart } from './keys.ts';

export interface StoredFamily {
  readonly family: Family;
  /** The family is dead from this time on. */
  readonly idleEnd: number;
}

/** Redis keeps a hash compact while no value has more than 64 bytes. */
const PART_LENGTH = 64;

/** The fields and values of a family's hash; family-scripts.ts lists them. */
export function toFields(family: Family, idleEnd: number): (string | number)[] {
  const userAgent = parts(family.userAgent).flatMap((part, index) => [`u${index}`, part]);
  return [
    ...['n', family.sequence, 'r', family.rotatedAt, 'i', idleEnd, 'e', family.absoluteEnd, 'b', family.createdAt],
    ...['s', family.sub, 'c', family.clientId, 'm', JSON.stringify(family.amr), 'a', family.address],
    ...(family.site === undefined ? [] : ['t', family.site]),
    ...userAgent,
    ...(keyPart(family.sid) === family.sid ? [] : ['k', JSON.stringify(family.sid)]),
  ];
}

/** `part` is the key part of the sid, `flat` the answer of HGETALL; undefined for an absent or foreign hash. */
export function fromFields(part: string, flat: unknown): StoredFamily | undefined {
  if (!Array.isArray(flat)) return undefined;
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) fields.set(String(flat[index]), String(flat[index + 1]));
  const text = (name: string) => fields.get(name) ?? '';
  if (!fields.has('n')) return undefined;
  let userAgent = '';
  for (let index = 0; fields.has(`u${index}`); index += 1) userAgent += text(`u${index}`);
  const family: Family = {
    sid: fields.has('k') ? JSON.parse(text('k')) : part,
    sub: text('s'),
    site: fields.get('t'),
    clientId: text('c'),
    amr: Object.freeze(JSON.parse(text('m'))),
    userAgent,
    address: text('a'),
    createdAt: Number(text('b')),
    sequence: Number(text('n')),
    rotatedAt: Number(text('r')),
    absoluteEnd: Number(text('e')),
  };
  return { family: Object.freeze(family), idleEnd: Number(text('i')) };
}

/** Cuts between characters, never within a surrogate pair. */
function parts(text: string): string[] {
  const found: string[] = [];
  let part = '';
  for (const character of text) {
    if (part.length + character.length > PART_LENGTH) {
      found.push(part);
      part = '';
    }
    part += character;
  }
  return part === '' ? found : [...found, part];
}
