import { isUtf8 } from 'node:buffer';
import { fileTypeFromBuffer } from 'file-type';

const UNKNOWN = 'application/octet-stream';

/** Kinds of text that a browser shows or saves but never runs; the uploader may say which of them it is. */
const HARMLESS_TEXT = new Set(['text/plain', 'text/csv', 'text/markdown', 'text/vtt', 'application/json']);

/**
 * The media type of a file by its first bytes. What the uploader declares counts only between kinds of text that look alike and
 * that no browser runs: HTML called an image stays HTML.
 */
export async function mediaTypeOf(head: Buffer, whole: boolean, declared: string | undefined): Promise<string> {
  const detected = await detect(head);
  if (detected !== undefined && !isMarkupType(detected)) return detected;
  return isText(head, whole) ? textTypeOf(head.toString('utf8'), declared) : UNKNOWN;
}

async function detect(head: Buffer): Promise<string | undefined> {
  try {
    const type = (await fileTypeFromBuffer(head))?.mime;
    return type !== undefined && /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,100}$/.test(type) ? type : undefined;
  } catch {
    // A file that its own format's reader stumbles over is of no known type.
    return undefined;
  }
}

function isMarkupType(type: string): boolean {
  return type.startsWith('text/') || type.endsWith('xml') || type.includes('html');
}

/** UTF-8 without the control characters that text has no use for. */
function isText(head: Buffer, whole: boolean): boolean {
  if (head.some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte))) return false;
  if (isUtf8(head)) return true;
  // The head may end within a character of up to four bytes.
  return !whole && [1, 2, 3].some((missing) => isUtf8(head.subarray(0, head.length - missing)));
}

function textTypeOf(text: string, declared: string | undefined): string {
  const said = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const content = text.replace(/^\ufeff/, '').trimStart();
  if (/^<[a-z!?/]/i.test(content)) return markupTypeOf(content);
  if (said === 'text/html' || said === 'application/xhtml+xml') return 'text/html';
  if (said === 'application/json' && !/^[[{"\d\-tfn]/.test(content)) return 'text/plain';
  return HARMLESS_TEXT.has(said) ? said : 'text/plain';
}

/** All of these are only ever given as attachments: which one it is is a courtesy. */
function markupTypeOf(content: string): string {
  if (/<svg[\s>]/i.test(content) && !/<(?:html|head|body)[\s>]/i.test(content)) return 'image/svg+xml';
  return /^<\?xml/i.test(content) && !/<(?:html|script)[\s>:]/i.test(content) ? 'application/xml' : 'text/html';
}
