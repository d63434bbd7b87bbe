const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Of the characters that a name would need an escape for; RFC 8259 §7. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const needsEscape = /["\\\u0000-\u001f]/;

/**
 * The JSON text with no escape in any member's name: `{"\u0061":1}` becomes `{"a":1}`. V8's parser (14.6) takes a name
 * with escapes for another one where an earlier text of any client had a backslash in a name at this place, so that one
 * caller could have another one's members misread. Undefined if a name cannot be without escapes. Text that is not JSON
 * stays what it is.
 */
export function withPlainNames(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let plain = '';
  let taken = 0;
  for (let from = text.indexOf('"'); from >= 0; ) {
    const { end, escaped } = stringAt(text, from);
    if (end < 0) break;
    if (escaped && isBeforeColon(text, end)) {
      const name = decoded(text.slice(from, end));
      if (name === undefined) break;
      if (needsEscape.test(name)) return undefined;
      plain += `${text.slice(taken, from)}"${name}"`;
      taken = end;
    }
    from = text.indexOf('"', end);
  }
  return plain + text.slice(taken);
}

/** Where the string that begins at `from` has ended (-1: nowhere), and whether there is an escape in it. */
function stringAt(text: string, from: number): { end: number; escaped: boolean } {
  let escaped = false;
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) return { end: at + 1, escaped };
    if (character !== BACKSLASH) continue;
    escaped = true;
    at += 1;
  }
  return { end: -1, escaped };
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return text[at] === ':';
}

const isSpace = (character: number) =>
  character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;

function decoded(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}
