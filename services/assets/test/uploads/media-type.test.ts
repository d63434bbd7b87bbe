import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mediaTypeOf } from '../../src/uploads/media-type.ts';

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
  ['Latin-1', Buffer.from('Grüße', 'latin1'), 'text/plain', 'application/octet-stream'],
])('%s', async (_name, content, declared, type) => {
  await expect(mediaTypeOf(Buffer.from(content), true, declared)).resolves.toBe(type);
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
