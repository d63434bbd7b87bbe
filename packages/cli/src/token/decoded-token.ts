import { isUtf8 } from 'node:buffer';
import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import { isJsonObject, type JsonObject } from '../api/json.ts';

/** More than any verifier takes. */
const MAX_DEPTH = 16;

/** What can be read of a token without believing any of it; a part that cannot be read is undefined. */
export interface DecodedToken {
  readonly header: JsonObject | undefined;
  readonly payload: JsonObject | undefined;
}

/**
 * Reads as much of a token as there is to read, also of one that every verifier refuses, to show why. Never throws. Tokens longer than 8 KiB are not read at all.
 */
export function decodeToken(token: string): DecodedToken {
  if (token.length > MAX_TOKEN_BYTES) return { header: undefined, payload: undefined };
  const [header = '', payload = ''] = token.split('.');
  return { header: jsonOf(header), payload: jsonOf(payload) };
}

function jsonOf(part: string): JsonObject | undefined {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isJsonObject(value) && isNestedAtMost(MAX_DEPTH, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Deep nesting makes indented text grow with its square. */
function isNestedAtMost(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isNestedAtMost(depth - 1, member));
}
