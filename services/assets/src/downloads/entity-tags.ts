/** A strong entity tag (RFC 9110 §8.8.3): the same bytes and only they have it. */
export function entityTag(sha256: string): string {
  return `"${sha256}"`;
}

/** If-None-Match (RFC 9110 §13.1.2), compared weakly: whether the caller has the bytes already. */
export function noneMatch(header: string | undefined, tag: string): boolean {
  if (header === undefined) return true;
  if (header.trim() === '*') return false;
  return !header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

/** If-Range (RFC 9110 §13.1.5), compared strongly: whether the part fits to what the caller has. A date never does. */
export function rangeStillFits(header: string | undefined, tag: string): boolean {
  return header === undefined || header.trim() === tag;
}
