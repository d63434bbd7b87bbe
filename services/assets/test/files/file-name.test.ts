import { anyCharacter } from '@gaia/testing/any-character';
import { create, parse } from 'content-disposition';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { safeFileName } from '../../src/files/file-name.ts';

it.each([
  ['report.pdf', 'report.pdf'],
  ['C:\\Users\\me\\report.pdf', 'report.pdf'],
  ['../../../etc/passwd', 'passwd'],
  ['....//', 'file'],
  ['.htaccess', 'htaccess'],
  ['name. . .', 'name'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['console.log', 'console.log'],
  ['a<b>:"|?*.txt', 'a_b______.txt'],
  ['exe.\u202egpj', 'exe.gpj'],
  ['two\nlines\t.txt', 'twolines.txt'],
  ['e\u0301.txt', 'é.txt'],
  [`${'é'.repeat(150)}.jpeg`, `${'é'.repeat(97)}.jpeg`],
  [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(198)}`],
  [undefined, 'file'],
  ['\ud800.txt', '\ufffd.txt'],
])('%j becomes %j', (said, name) => {
  expect(safeFileName(said)).toBe(name);
});

it('is always a name that every header and file system takes, and stays what it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (said) => {
      const name = safeFileName(said);
      expect(name).not.toMatch(/[/\\\p{Cc}]/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
      expect(name.length).toBeGreaterThan(0);
      expect(safeFileName(name)).toBe(name);
      const header = create(name);
      expect(header).toMatch(/^[\x20-\x7e]+$/);
      expect(parse(header).parameters.filename).toBe(name);
    }),
  );
});
