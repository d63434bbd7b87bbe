import { fileTypeFromBuffer } from 'file-type';
import { decodedText } from './text-encoding.ts';

const UNKNOWN = 'application/octet-stream';

/**
 * Kinds of text that a browser shows or saves but never runs; the uploader may say which of them it is. Where the format says how
 * it begins, that counts.
 */
const HARMLESS_TEXT: ReadonlyMap<string, RegExp | undefined> = new Map([
  ['text/plain', undefined],
  ['text/csv', undefined],
  ['text/tab-separated-values', undefined],
  ['text/markdown', undefined],
  ['text/css', undefined],
  ['text/vtt', undefined],
  ['application/x-subrip', /^\d+\s*\n/],
  ['text/calendar', /^BEGIN:VCALENDAR\s/i],
  ['text/vcard', /^BEGIN:VCARD\s/i],
  ['application/yaml', undefined],
  ['application/json', /^[[{"\d\-tfn]/],
  ['application/geo+json', /^\{/],
  ['application/ld+json', /^[[{]/],
  ['application/manifest+json', /^\{/],
]);

/** Names by which the same text is also declared. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['text/x-vcard', 'text/vcard'],
  ['text/x-markdown', 'text/markdown'],
  ['text/srt', 'application/x-subrip'],
  ['application/srt', 'application/x-subrip'],
  ['text/yaml', 'application/yaml'],
  ['application/x-yaml', 'application/yaml'],
  ['application/csv', 'text/csv'],
]);

/** What the bytes alone cannot tell apart: the uploader says whether it is sound only, or a wider name of the same format. */
const REFINEMENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['audio/ogg', ['audio/opus', 'audio/vorbis']],
  ['video/mp4', ['audio/mp4']],
  ['video/webm', ['audio/webm']],
  ['image/heic', ['image/heif']],
  ['image/heic-sequence', ['image/heif-sequence', 'image/heif']],
]);

/**
 * The media type of a file by its first bytes. What the uploader declares counts only between kinds that look alike and
 * that no browser runs: HTML called an image stays HTML.
 */
export async function mediaTypeOf(head: Buffer, whole: boolean, declared: string | undefined): Promise<string> {
  const detected = await detect(head);
  const said = declaredType(declared);
  if (detected !== undefined && !isMarkupType(detected)) {
    return REFINEMENTS.get(detected)?.includes(said) ? said : detected;
  }
  const text = decodedText(head, whole, HARMLESS_TEXT.has(said));
  return text === undefined ? UNKNOWN : textTypeOf(text.content, said, detected);
}

/** The encoding of a text, for the header of its download; undefined where it is unknown or nothing says it. */
export function charsetOf(
  mediaType: string,
  head: Buffer,
  whole: boolean,
  declared: string | undefined,
): string | undefined {
  if (!mediaType.startsWith('text/')) return undefined;
  const detected = decodedText(head, whole, true)?.charset;
  if (detected !== undefined) return detected;
  const said = /;\s*charset="?([A-Za-z0-9._-]{1,40})"?/i.exec(declared ?? '')?.[1]?.toLowerCase();
  return said !== undefined && isEightBitCharset(said) ? said : undefined;
}

/** One that the bytes, which are no UTF-8, can have. */
function isEightBitCharset(label: string): boolean {
  try {
    const { encoding } = new TextDecoder(label);
    return !encoding.startsWith('utf-') && encoding !== 'iso-2022-jp' && encoding !== 'replacement';
  } catch {
    return false;
  }
}

function declaredType(declared: string | undefined): string {
  const said = declared?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return ALIASES.get(said) ?? said;
}

async function detect(head: Buffer): Promise<string | undefined> {
  try {
    const type = (await fileTypeFromBuffer(head))?.mime.split(';', 1)[0]?.trim();
    return type !== undefined && /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,100}$/.test(type) ? type : undefined;
  } catch {
    // A file that its own format's reader stumbles over is of no known type.
    return undefined;
  }
}

function isMarkupType(type: string): boolean {
  return type.startsWith('text/') || type.endsWith('xml') || type.includes('html') || HARMLESS_TEXT.has(type);
}

function textTypeOf(text: string, said: string, detected: string | undefined): string {
  const content = text.replace(/^\ufeff/, '').trimStart();
  if (/^<[a-z!?/]/i.test(content)) return markupTypeOf(content);
  if (said === 'text/html' || said === 'application/xhtml+xml') return 'text/html';
  for (const type of [said, detected ?? '']) {
    if (HARMLESS_TEXT.has(type) && (HARMLESS_TEXT.get(type)?.test(content) ?? true)) return type;
  }
  return 'text/plain';
}

/** All of these are only ever given as attachments: which one it is is a courtesy. */
function markupTypeOf(content: string): string {
  if (/<svg[\s>]/i.test(content) && !/<(?:html|head|body)[\s>]/i.test(content)) return 'image/svg+xml';
  return /^<\?xml/i.test(content) && !/<(?:html|script)[\s>:]/i.test(content) ? 'application/xml' : 'text/html';
}
