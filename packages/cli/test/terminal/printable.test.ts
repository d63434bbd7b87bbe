import { describe, expect, it } from 'vitest';
import { jsonText, printable, withoutTokens } from '../../src/terminal/printable.ts';

describe('printable', () => {
  it.each([
    ['Zoë 東京 👋', 'Zoë 東京 👋'],
    ['\u001b[2J', '\\u001b[2J'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['\u009b1m', '\\u009b1m'],
    ['\u202eabc', '\\u202eabc'],
    ['\u200b', '\\u200b'],
    ['\u2028', '\\u2028'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['\ud800', '\ufffd'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('jsonText', () => {
  it('stays JSON that means the same, without anything that a terminal obeys', () => {
    const value = { 'a\u001b\u202e': ['\u009b', '\u007f', '\u{e0041}', '\n', 'é'] };
    const text = jsonText(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });
});

describe('withoutTokens', () => {
  it.each([
    ['x eyJhbGciOiJub25lIn0.e30.AA y', 'x <token> y'],
    ['eyJhbGciOiJub25lIn0', '<token>'],
    ['Bearer eyJhbGciOiJub25lIn0..', 'Bearer <token>'],
    ['eyeJ and key', 'eyeJ and key'],
  ])('%s', (text, shown) => {
    expect(withoutTokens(text)).toBe(shown);
  });
});
