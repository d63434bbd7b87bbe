/**
 * Text from outside (claims, names, answers) as it may stand on a terminal: control characters could move the cursor and
 * rewrite what was printed before, and invisible ones could make two different names look alike.
 */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** JSON for a script or a reader, with the same characters escaped as JSON escapes them. */
export function jsonText(value: unknown): string {
  // Line ends are JSON's own here; those inside of strings are already escaped.
  return `${JSON.stringify(value, null, 2).replace(/[\x7f-\x9f]|[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)}\n`;
}

/** Puts `<token>` in the place of everything that looks like a JWT (RFC 7519: its header begins with `{"`). */
export function withoutTokens(text: string): string {
  return text.replace(/eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*/g, '<token>');
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
