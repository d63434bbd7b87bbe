import type { FeedEntry, Revocation } from '../state.ts';

/**
 * An entry is stored as `<sequence> <expiresAt> <revocation as JSON>` and pushed with `<epoch> ` before it. Kinds of
 * revocations that this version does not know are passed on: a newer writer must not make a reader see a gap.
 */
export function parseEntry(text: string): FeedEntry | undefined {
  const match = /^(\d{1,15}) (\d{1,15}) (\{.*\})$/s.exec(text);
  const revocation = parseRevocation(match?.[3]);
  return revocation && { sequence: Number(match?.[1]), revocation, expiresAt: Number(match?.[2]) };
}

export function parsePush(text: string): { readonly epoch: string; readonly entry: FeedEntry } | undefined {
  const space = text.indexOf(' ');
  const entry = space > 0 ? parseEntry(text.slice(space + 1)) : undefined;
  return entry && { epoch: text.slice(0, space), entry };
}

function parseRevocation(json: string | undefined): Revocation | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return isRevocation(value) ? Object.freeze(value) : undefined;
  } catch {
    return undefined;
  }
}

function isRevocation(value: unknown): value is Revocation {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}
