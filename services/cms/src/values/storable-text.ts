/**
 * Whether PostgreSQL can store a text: not one with NUL (U+0000), nor with half of a surrogate pair, which is no
 * character (Unicode §3.9, D92).
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

/**
 * JSON pointer of the first text in a parsed JSON value, names of members included, that cannot be stored;
 * undefined if there is none.
 */
export function unstorablePath(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    if (!isStorable(name)) return path;
    const found = unstorablePath(member, `${path}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
