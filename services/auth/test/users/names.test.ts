import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEmailAddress } from '../../src/users/email-address.ts';
import { readUsername } from '../../src/users/username.ts';

describe('readEmailAddress', () => {
  it.each([
    ['Ada@Example.COM', 'Ada@example.com', 'ada@example.com'],
    [' ada@example.com ', 'ada@example.com', 'ada@example.com'],
    ['admin@localhost', 'admin@localhost', 'admin@localhost'],
    ["o'neil+tag@sub.example.com", "o'neil+tag@sub.example.com", "o'neil+tag@sub.example.com"],
    ['josé@bücher.example', 'josé@xn--bcher-kva.example', 'josé@xn--bcher-kva.example'],
    ['jose\u0301@example.com', 'josé@example.com', 'josé@example.com'],
  ])('reads %s', (text, address, key) => {
    expect(readEmailAddress(text)).toEqual({ address, key });
  });

  it.each([
    '',
    '@',
    'ada',
    'ada@',
    '@example.com',
    'a b@example.com',
    'ada@exa mple.com',
    'ada..b@example.com',
    '.ada@example.com',
    'ada@-example.com',
    'ada@example..com',
    'ada@[127.0.0.1]',
    '"ada"@example.com',
    'ada@example.com\nbcc:x@example.com',
    'ada\u0000@example.com',
    'ada@example.com\u0000',
    '\ud800@example.com',
    `${'x'.repeat(65)}@example.com`,
    `ada@${'x'.repeat(64)}.com`,
    `ada@${'x.'.repeat(130)}com`,
  ])('refuses %j', (text) => {
    expect(readEmailAddress(text)).toBeUndefined();
  });
});

describe('readUsername', () => {
  it.each([
    ['Ada', 'Ada', 'ada'],
    ['ＡＤＡ', 'ADA', 'ada'],
    ['ada.lovelace_1-x', 'ada.lovelace_1-x', 'ada.lovelace_1-x'],
    ['Žižek', 'Žižek', 'žižek'],
    ['李四', '李四', '李四'],
  ])('reads %s', (text, username, key) => {
    expect(readUsername(text)).toEqual({ username, key });
  });

  it.each([
    '',
    'a',
    'a b',
    'a@b',
    '-a',
    'a-',
    '.a.',
    'a/b',
    'a\u0000b',
    'a\u200bb',
    '\ud800a',
    'x'.repeat(65),
    'ﷺ'.repeat(20),
  ])('refuses %j', (text) => {
    expect(readUsername(text)).toBeUndefined();
  });
});

/** Texts of all code units, half surrogates too. fast-check's own take seconds to prepare their table of characters. */
const anyText = fc.uint16Array({ maxLength: 80 }).map((units) => String.fromCharCode(...units));

describe('names of all kinds', () => {
  it('have one key, which reads as itself and holds nothing that a database refuses', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const key of [readEmailAddress(text)?.key, readUsername(text)?.key]) {
          if (key === undefined) continue;
          expect(key).not.toMatch(/\p{Cc}/u);
          expect(key.isWellFormed()).toBe(true);
        }
        const username = readUsername(text);
        if (username) expect(readUsername(username.key)?.key).toBe(username.key);
      }),
    );
  });
});
