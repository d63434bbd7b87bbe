import fc from 'fast-check';
import { expect, it } from 'vitest';
import { charsetOf, mediaTypeOf } from '../../src/uploads/media-type.ts';

const png = Buffer.from(
  '89504e470d0a1a0a0000000d494844520000000100000001080600000' + '01f15c4890000000a49444154',
  'hex',
);
const jpeg = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');

it.each<[string, Buffer | string, string | undefined, string]>([
  ['a PNG called HTML', png, 'text/html', 'image/png'],
  ['a JPEG', jpeg, 'image/png', 'image/jpeg'],
  ['a PDF', '%PDF-1.7\n', 'text/plain', 'application/pdf'],
  ['HTML called PNG', '<!DOCTYPE html><p>', 'image/png', 'text/html'],
  ['HTML after spaces', ' \n\t<script>', 'text/plain', 'text/html'],
  ['HTML with a mark', '\ufeff<html>', undefined, 'text/html'],
  ['a comment', '<!-- x --><script>', 'text/plain', 'text/html'],
  ['XHTML', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', 'application/xml', 'text/html'],
  ['XML', '<?xml version="1.0"?><feed/>', 'text/plain', 'application/xml'],
  ['SVG', '<svg viewBox="0 0 1 1"/>', 'image/png', 'image/svg+xml'],
  ['SVG as XML', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', undefined, 'image/svg+xml'],
  ['declared HTML', 'just words', 'text/html', 'text/html'],
  ['CSV', 'a,b\n1,2', 'text/csv', 'text/csv'],
  ['Markdown', '# Title <b>x</b>', 'text/markdown; charset=utf-8', 'text/markdown'],
  ['JSON', ' {"a": 1}', 'application/json', 'application/json'],
  ['no JSON', 'words', 'application/json', 'text/plain'],
  ['script', 'alert(1)', 'text/javascript', 'text/plain'],
  ['words', 'Grüße', undefined, 'text/plain'],
  ['less than', '<3 you', undefined, 'text/plain'],
  ['nothing', '', 'image/png', 'text/plain'],
  ['bytes', Buffer.from([0, 1, 2, 255]), 'text/plain', 'application/octet-stream'],
  ['Latin-1 that is declared', Buffer.from('Grüße;1', 'latin1'), 'text/csv', 'text/csv'],
  ['Latin-1 that is not', Buffer.from('Grüße', 'latin1'), undefined, 'application/octet-stream'],
  ['UTF-16', Buffer.from('\ufeffa;b', 'utf16le'), 'text/csv', 'text/csv'],
  ['HTML in UTF-16', Buffer.from('\ufeff<script>', 'utf16le'), 'text/csv', 'text/html'],
  ['HTML in Latin-1', Buffer.from('<p>Grüße', 'latin1'), 'text/csv', 'text/html'],
  ['GeoJSON', '{"type":"Feature"}', 'application/geo+json', 'application/geo+json'],
  ['GeoJSON that is none', 'words', 'application/geo+json', 'text/plain'],
  ['a calendar', 'BEGIN:VCALENDAR\r\nEND:VCALENDAR', 'text/calendar', 'text/calendar'],
  ['a calendar that is none', 'words', 'text/calendar', 'text/plain'],
  ['a card', 'BEGIN:VCARD\r\nVERSION:4.0', 'text/x-vcard', 'text/vcard'],
  ['subtitles', '1\n00:00:01,000 --> 00:00:02,000\nHi', 'text/srt', 'application/x-subrip'],
  ['a style sheet', 'a { color: red }', 'text/css', 'text/css'],
  ['a script called a style sheet stays no script', 'alert(1)', 'text/css', 'text/css'],
  [
    'WOFF2',
    Buffer.concat([Buffer.from('wOF2'), Buffer.from([0, 1, 0, 0]), Buffer.alloc(40)]),
    'font/woff2',
    'font/woff2',
  ],
  [
    'Opus',
    Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('OpusHead'), Buffer.alloc(20)]),
    'audio/opus',
    'audio/opus',
  ],
  [
    'HEIF',
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic'), Buffer.alloc(12)]),
    'image/heif',
    'image/heif',
  ],
  ['a PNG called HEIF', png, 'image/heif', 'image/png'],
])('%s', async (_name, content, declared, type) => {
  await expect(mediaTypeOf(Buffer.from(content), true, declared)).resolves.toBe(type);
});

it.each<[string, Buffer, string | undefined, string | undefined]>([
  ['UTF-8', Buffer.from('Grüße'), 'text/csv; charset=iso-8859-1', 'utf-8'],
  ['UTF-16', Buffer.from('\ufeffGrüße', 'utf16le'), 'text/csv', 'utf-16le'],
  ['what is declared', Buffer.from('Grüße', 'latin1'), 'text/csv; charset="ISO-8859-1"', 'iso-8859-1'],
  ['nothing that is no encoding', Buffer.from('Grüße', 'latin1'), 'text/csv; charset=klingon', undefined],
  [
    'nothing that switches while it is read',
    Buffer.from('Grüße', 'latin1'),
    'text/csv; charset=iso-2022-jp',
    undefined,
  ],
  ['nothing that the bytes are not', Buffer.from('Grüße', 'latin1'), 'text/csv; charset=utf-8', undefined],
])('the encoding of a text is %s', (_name, content, declared, charset) => {
  expect(charsetOf('text/csv', content, true, declared)).toBe(charset);
});

it('forgives a character that the head cuts', async () => {
  const cut = Buffer.from('Grüße 😀').subarray(0, -2);
  await expect(mediaTypeOf(cut, false, undefined)).resolves.toBe('text/plain');
  await expect(mediaTypeOf(cut, true, undefined)).resolves.toBe('application/octet-stream');
});

it('is decided for any bytes, whatever format they begin like', async () => {
  const starts = [
    '',
    'PK\u0003\u0004',
    '%PDF',
    'RIFF',
    'ID3',
    'OggS',
    '\u001a\u0045\u00df\u00a3',
    'ftyp',
    'GIF8',
    'II*\u0000',
    '0&\u00b2u',
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      const head = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      expect(await mediaTypeOf(head, true, 'text/html')).toMatch(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/);
    }),
  );
});
