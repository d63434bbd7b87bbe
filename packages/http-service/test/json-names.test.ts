import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withPlainNames } from '../src/json-names.ts';

describe('names without escapes', () => {
  it.each([
    ['{"\\u0061":1}', '{"a":1}'],
    ['{"x":{"\\u00e9t\\u00E9" : [{"\\/":"\\u0061:"}]}}', '{"x":{"été" : [{"/":"\\u0061:"}]}}'],
    ['{"a":"\\"b\\":"}', '{"a":"\\"b\\":"}'],
    ['{"a":["\\\\","b"]}', '{"a":["\\\\","b"]}'],
    ['"\\u0061"', '"\\u0061"'],
    ['{"\\ud83d\\ude00":1}', '{"😀":1}'],
    // What is no JSON is for the parser to refuse.
    ['{"\\u00', '{"\\u00'],
    ['{"\\x":1,"\\u0061":2}', '{"\\x":1,"\\u0061":2}'],
  ])('%s', (text, plain) => {
    expect(withPlainNames(text)).toBe(plain);
  });

  it.each(['{"\\\\":1}', '{"a":[{"\\u005cu0062":1}]}', '{"\\"":1}', '{"\\n":1}', '{"\\u0000":1}'])(
    'cannot be had of %s',
    (text) => {
      expect(withPlainNames(text)).toBeUndefined();
    },
  );

  it('mean the same', () => {
    const withEscapes = (text: string) => text.replace(/[bé]/g, (letter) => (letter === 'é' ? '\\u00e9' : '\\u0062'));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom(...'bé:{},[] ') }), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(JSON.parse(withPlainNames(withEscapes(text)) ?? '')).toEqual(JSON.parse(text));
      }),
    );
  });

  it('are read as they are, whatever was read before', () => {
    JSON.parse('{"a":1,"\\\\":2}');
    expect(Object.keys(JSON.parse(withPlainNames('{"a":1,"\\u0062":2}') ?? ''))).toEqual(['a', 'b']);
  });

  it('are needed, because V8 takes an escaped name for one that an earlier text had at its place', () => {
    JSON.parse('{"a":1,"\\\\":2}');
    const keys = Object.keys(JSON.parse('{"a":1,"\\u0062":2}'));
    expect(keys, 'V8 has mended it: json-names.ts and what calls it can go').toEqual(['a', '\\']);
  });

  it('takes no long time over hostile texts', () => {
    const begun = performance.now();
    for (const piece of ['\\"', '"\\u0061":', '"\\', '"\\u0061" ']) withPlainNames(piece.repeat(200_000));
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
