import { isUtf8 } from 'node:buffer';
import { refuseUnless, TokenRefusal } from './refusal.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 8;

/**
 * A JSON object (RFC 7519 §7.2), read so that no two readers can disagree about it: valid UTF-8, no member twice
 * (RFC 8725 §2.4, RFC 7519 §4), bounded nesting.
 * Throws TokenRefusal: not_utf8, not_json, nested_too_deep, member_repeated.
 */
export function readJsonObject(bytes: Buffer): JsonObject {
  refuseUnless(isUtf8(bytes), 'not_utf8');
  const text = bytes.toString('utf8');
  const value = parse(text);
  refuseUnless(typeof value === 'object' && value !== null && !Array.isArray(value), 'not_json');
  checkMembers(text);
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
const COMMA = 44;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Walks text that JSON.parse has accepted; a string right after `{` or `,` inside an object is a member's name. */
function checkMembers(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let nameExpected = false;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case OPEN_OBJECT:
      case OPEN_LIST: {
        const isObject = text.charCodeAt(index) === OPEN_OBJECT;
        open.push(isObject ? new Set() : undefined);
        refuseUnless(open.length <= MAX_DEPTH, 'nested_too_deep');
        nameExpected = isObject;
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        break;
      case COMMA:
        nameExpected = open.at(-1) !== undefined;
        break;
      case QUOTE: {
        const end = endOfString(text, index);
        if (nameExpected) addName(open.at(-1), text.slice(index, end + 1));
        nameExpected = false;
        index = end;
        break;
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text.charCodeAt(index) !== QUOTE) index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}

/** `"\u0073ub"` and `"sub"` are one name. */
function addName(names: Set<string> | undefined, quoted: string): void {
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  refuseUnless(names !== undefined && !names.has(name), 'member_repeated');
  names.add(name);
}
