const MAX_BYTES = 200;
const MAX_EXTENSION_LENGTH = 16;
/** Names of devices, which some systems open whatever the directory and extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Marks that turn the direction of writing: with them `exe.gpj` can be shown as `jpg.exe` and the reverse. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * The name under which a file is offered for download: the last segment of what the uploader said, without characters that a
 * file system or a terminal obeys. Never a path, never empty, at most 200 bytes of UTF-8. It is only ever shown.
 */
export function safeFileName(said: string | undefined): string {
  const segment = (said ?? '').normalize('NFC').toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = segment
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\ufeff]/gu, '')
    .replace(DIRECTION, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/gu, ' ')
    .replace(/^[. ]+|[. ]+$/g, '');
  const name = shortened(clean).replace(/[. ]+$/, '');
  if (name === '') return 'file';
  return DEVICE.test(name) ? `_${name}` : name;
}

/** Keeps the extension, which says more than the end of a long name. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION_LENGTH ? name.slice(dot) : '';
  let room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem + extension;
}
