import { anyCharacter } from '@gaia/testing/any-character';
import { reasonOf } from '@gaia/testing/reason-of';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonObject } from '../src/strict-json.ts';

/** JSON as it is written: members stand in a list, so that a name can stand there twice. */
type Written =
  | { readonly members: readonly (readonly [string, Written])[] }
  | { readonly items: readonly Written[] }
  | string;

const NAMES = [
  'a',
  'b',
  '',
  'A',
  '0',
  '1',
  '01',
  '-1',
  '__proto__',
  'constructor',
  'toString',
  'length',
  '"',
  '\\',
  ':',
  '{',
  'é',
  '\u0000',
  '🦊',
];
const PLAIN = ['1', 'null', '""', '":"', '"{\\"a\\":1}"', '"\\\\"', '"\\\\\\""', '"a\\",\\"a"', '-0.5e3'];

const { written } = fc.letrec<{ written: Written }>((tie) => ({
  written: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...PLAIN),
    fc.record({ items: fc.array(tie('written'), { maxLength: 3 }) }),
    fc.record({ members: fc.array(fc.tuple(fc.constantFrom(...NAMES), tie('written')), { maxLength: 4 }) }),
  ),
}));
/** Objects, some of them as deep as the bound and deeper. */
const writtenObject: fc.Arbitrary<Written> = fc
  .tuple(fc.array(fc.tuple(fc.constantFrom(...NAMES), written), { maxLength: 5 }), fc.nat(9), fc.boolean())
  .map(([members, depth, inLists]) => {
    let value: Written = { members };
    for (let level = 0; level < depth; level += 1) {
      value = inLists ? { items: [value] } : { members: [['a', value]] };
    }
    return { members: [['a', value]] };
  });

/** Spells one value out, in one of the many ways that mean the same. */
function spell(value: Written, next: () => number): string {
  const space = () => ['', '', ' ', '\n\t'][next() % 4] ?? '';
  if (typeof value === 'string') return `${space()}${value}${space()}`;
  if ('items' in value)
    return `${space()}[${space()}${value.items.map((one) => spell(one, next)).join(',')}]${space()}`;
  const members = value.members.map(
    ([name, one]) => `${space()}${spellName(name, next() === 0)}${space()}:${spell(one, next)}`,
  );
  return `${space()}{${members.join(',')}${space()}}${space()}`;
}

function spellName(name: string, withEscapes: boolean): string {
  const escaped = name.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return withEscapes ? `"${escaped}"` : JSON.stringify(name);
}

/** The rules as one would say them: eight deep, no escape in a name, and no name twice in one object. */
function depthOf(value: Written): number {
  return typeof value === 'string' ? 0 : 1 + Math.max(0, ...valuesIn(value).map(depthOf));
}

function hasTwice(value: Written): boolean {
  if (typeof value === 'string') return false;
  const names = 'members' in value ? value.members.map(([name]) => name) : [];
  return new Set(names).size < names.length || valuesIn(value).some(hasTwice);
}

function valuesIn(value: Exclude<Written, string>): readonly Written[] {
  return 'items' in value ? value.items : value.members.map(([, one]) => one);
}

/** Two faults in one text: whichever comes first is told. */
function faultsOf(value: Written, text: string): readonly string[] {
  const hasEscapedName = namesIn(text).some((name) => name.includes('\\'));
  if (depthOf(value) > 8) return hasEscapedName ? ['nested_too_deep', 'name_escaped'] : ['nested_too_deep'];
  if (hasEscapedName) return ['name_escaped'];
  return hasTwice(value) ? ['member_repeated'] : ['read'];
}

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/("(?:[^"\\]|\\.)*")\s*(:?)/g)]
    .filter(([, , colon]) => colon !== '')
    .map(([, name = '']) => name);
}

describe('strict JSON', () => {
  it('is judged as its rules say, however it is spelt', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(writtenObject, fc.array(fc.nat(15), { minLength: 1, maxLength: 20 }), (value, choices) => {
        let at = 0;
        const text = spell(value, () => choices[at++ % choices.length] ?? 0);
        const reason = reasonOf(() => readJsonObject(Buffer.from(text)));
        seen.add(reason);
        expect(faultsOf(value, text), text).toContain(reason);
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(['member_repeated', 'name_escaped', 'nested_too_deep', 'read']);
  });

  it('reads what JSON.parse reads', () => {
    const anyObject = fc.dictionary(fc.string({ unit: anyCharacter }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
    fc.assert(
      fc.property(anyObject, (value) => {
        const text = JSON.stringify(value);
        fc.pre(text.isWellFormed() && reasonOf(() => readJsonObject(Buffer.from(text))) !== 'name_escaped');
        expect(readJsonObject(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });

  it('takes no text that is not an object, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\ 01aé'), maxLength: 20 }), (text) => {
        const reason = reasonOf(() => readJsonObject(Buffer.from(text)));
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {}
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
        if (isObject) expect(reason).not.toBe('not_json');
        else expect(reason).toBe('not_json');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"a":{"a":{"a":1}}}', 'read'],
    ['{"a":[{"a":1},{"a":1}]}', 'read'],
    ['{"a":"a","b":"a","c":["a","a"]}', 'read'],
    ['{"a":[1,"a"],"b":1}', 'read'],
    ['{"a":"\\\\","b":"\\"","c":"{"}', 'read'],
    ['{"a":":","b":"::\\":","c:":1}', 'read'],
    [' {\n"a" : 1 , "b" : 2 } ', 'read'],
    ['{}', 'read'],
    ['{"__proto__":1,"constructor":2}', 'read'],
    ['{"0":1,"00":1,"0.0":1}', 'read'],
    ['{"a":1,"a":1}', 'member_repeated'],
    ['{"a":[],"a":[]}', 'member_repeated'],
    ['{"a":{},"b":{},"a":{}}', 'member_repeated'],
    ['{"":1,"":1}', 'member_repeated'],
    ['{"a\\"":1,"a\\"":1}', 'name_escaped'],
    ['{"\\u0061":1,"a":1}', 'name_escaped'],
    ['{"a":1,"\\u0061":1}', 'name_escaped'],
    ['{"a":{"\\/":1}}', 'name_escaped'],
    ['{"a" :"\\n" , "\\\\" \n: 1}', 'name_escaped'],
    ['{"a":"\\u0061","b":["\\n","\\""],"c":{"d":"\\\\"}}', 'read'],
    ['{"a":[{"b":1,"b":1}]}', 'member_repeated'],
    ['{"a":[{"b":1}],"a":1}', 'member_repeated'],
    ['{"a":1,"a":{"b":1}}', 'member_repeated'],
    ['{"a":{"b":1},"a":{"c":1,"d":2}}', 'member_repeated'],
    ['{"__proto__":1,"__proto__":1}', 'member_repeated'],
    ['{"__proto__":{"a":1},"__proto__":{"a":1}}', 'member_repeated'],
    ['{"a":{"__proto__":1,"\\u005f_proto__":1}}', 'name_escaped'],
    ['{"0":1,"0":1}', 'member_repeated'],
    ['{"1":1,"0":1,"1":1}', 'member_repeated'],
    ['{"1":1,"0":1,"\\u0031":1}', 'name_escaped'],
    ['{"a":[[[[[[[1]]]]]]]}', 'read'],
    ['{"a":[[[[[[[[1]]]]]]]]}', 'nested_too_deep'],
    ['{"a":[[[[[[[[1]]]]]]]],"a":1}', 'nested_too_deep'],
    [`{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`, 'nested_too_deep'],
    [`${'{"a":'.repeat(1_300)}1${'}'.repeat(1_300)}`, 'nested_too_deep'],
    ['{"a":[],"b":[],"c":[],"d":[],"e":[],"f":[],"g":[],"h":[],"i":[]}', 'read'],
    ['[]', 'not_json'],
    ['null', 'not_json'],
    ['"a"', 'not_json'],
    ['7', 'not_json'],
    ['{"a":1,}', 'not_json'],
    ['\ufeff{}', 'not_json'],
    ['', 'not_json'],
  ])('%.60j is %s', (text, expected) => {
    expect(reasonOf(() => readJsonObject(Buffer.from(text)))).toBe(expected);
  });

  it.each(['ff', 'c0ae', 'eda080', 'f8888080', 'c3'])('bytes %s are not UTF-8', (hex) => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
    expect(reasonOf(() => readJsonObject(bytes))).toBe('not_utf8');
  });
});
