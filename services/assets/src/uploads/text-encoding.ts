import { isUtf8 } from 'node:buffer';

export interface DecodedText {
  readonly content: string;
  /** Undefined: some encoding of a byte a character. */
  readonly charset: string | undefined;
}

/**
 * The beginning of a text: UTF-8, UTF-16 with its mark, and, where the uploader says that it is text, any encoding whose bytes are
 * no control characters. Undefined for what is no text.
 */
export function decodedText(head: Buffer, whole: boolean, isDeclared: boolean): DecodedText | undefined {
  const wide =
    head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
  if (wide !== undefined) {
    const content = new TextDecoder(wide).decode(head);
    return isClean(content) ? { content, charset: wide } : undefined;
  }
  const bytes = head.toString('latin1');
  if (!isClean(bytes)) return undefined;
  if (isUtf8Start(head, whole)) return { content: head.toString('utf8'), charset: 'utf-8' };
  return isDeclared ? { content: bytes, charset: undefined } : undefined;
}

/** Without the control characters that text has no use for; those of C1 are letters in some encodings. */
function isClean(content: string): boolean {
  for (let index = 0; index < content.length; index += 1) {
    const code = content.charCodeAt(index);
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0c && code !== 0x0d) return false;
  }
  return true;
}

function isUtf8Start(head: Buffer, whole: boolean): boolean {
  if (isUtf8(head)) return true;
  // The head may end within a character of up to four bytes.
  return !whole && [1, 2, 3].some((missing) => isUtf8(head.subarray(0, head.length - missing)));
}
