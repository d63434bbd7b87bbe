import { isUtf8 } from 'node:buffer';
import { refuseUnless, TokenRefusal } from './refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 8;

/**
 * A JSON object (RFC 7519 §7.2), read so that no two readers can disagree about it: valid UTF-8, no member twice
 * (RFC 8725 §2.4, RFC 7519 §4), no name that is written with escapes, bounded nesting.
 * Throws TokenRefusal: not_utf8, not_json, nested_too_deep, name_escaped, member_repeated.
 */
export function readJsonObject(bytes: Buffer): JsonObject {
  refuseUnless(isUtf8(bytes), 'not_utf8');
  const text = bytes.toString('utf8');
  const value = parse(text);
  refuseUnless(typeof value === 'object' && value !== null && !Array.isArray(value), 'not_json');
  // First, because it bounds how deep the value is that is walked next.
  const written = membersWritten(text);
  // Of members with one name JSON.parse keeps the last alone, with what is inside it.
  refuseUnless(written === membersOf(value), 'member_repeated');
  return value as JsonObject;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TokenRefusal('not_json');
  }
}

const QUOTE = 34;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * How many members are written, at every depth, in text that JSON.parse has accepted: one for each colon outside of a
 * string. Names with escapes are refused: V8 (14.6) takes `\u0073ub` for the name of an object that it has read before,
 * such as one with the three characters `\u0`, and other readers have had faults of that kind.
 */
function membersWritten(text: string): number {
  const hasEscapes = text.includes('\\');
  let members = 0;
  let depth = 0;
  let lastString = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        lastString = index;
        index = endOfString(text, index);
        break;
      case COLON:
        if (hasEscapes) refuseUnless(!text.slice(lastString, index).includes('\\'), 'name_escaped');
        members += 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        depth += 1;
        refuseUnless(depth <= MAX_DEPTH, 'nested_too_deep');
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        depth -= 1;
        break;
    }
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** After an odd number of backslashes a quotation mark belongs to the string. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

/** How many members a parsed value has, at every depth; `__proto__` is one as any other (JSON.parse makes it an own one). */
function membersOf(value: object): number {
  const inside: readonly unknown[] = Object.values(value);
  let members = Array.isArray(value) ? 0 : inside.length;
  for (const one of inside) if (typeof one === 'object' && one !== null) members += membersOf(one);
  return members;
}
