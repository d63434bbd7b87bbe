import fc from 'fast-check';

const SURROGATES = 0x800;

/**
 * A unit for `fc.string`: any character of Unicode, no half surrogates. The same as its own `binary`, which makes a table
 * of all of them first and takes more than a second for it.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10_ffff - SURROGATES })
  .map((index) => String.fromCodePoint(index < 0xd800 ? index : index + SURROGATES));
