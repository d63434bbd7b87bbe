import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeys, keyPart } from '../../src/redis/keys.ts';
import { HOSTILE_IDS } from '../opened.ts';

describe('keyPart', () => {
  it('keeps ordinary ids readable', () => {
    expect(keyPart('0193b0a2-7c4e-7d11-9f00-aabbccddeeff')).toBe('0193b0a2-7c4e-7d11-9f00-aabbccddeeff');
    expect(keyPart('anna+test@example.org')).toBe('anna+test@example.org');
  });

  it.each(HOSTILE_IDS.map((id) => [id]))('makes a short part without structure of %j', (id) => {
    expect(keyPart(id)).toMatch(/^~?[\w.@+=,/|-]{1,100}$/);
  });

  it('gives different ids different parts', () => {
    const unit = fc.integer({ min: 0, max: 0xff_ff });
    const text = fc.array(unit, { maxLength: 4 }).map((units) => String.fromCharCode(...units));
    fc.assert(fc.property(text, text, (a, b) => (keyPart(a) === keyPart(b)) === (a === b)));
    expect(new Set(HOSTILE_IDS.map(keyPart)).size).toBe(HOSTILE_IDS.length);
  });

  it('never gives a part that is the part of the id it looks like', () => {
    for (const id of HOSTILE_IDS) expect(keyPart(keyPart(id)) === keyPart(id)).toBe(keyPart(id) === id);
  });
});

describe('createKeys', () => {
  const keys = createKeys('gaia:');

  it('has one hash tag for the revocation feed and none elsewhere', () => {
    const tagged = [keys.feedHead, keys.feedEntries, keys.feedChannel].map((key) => /\{(.*?)\}/.exec(key)?.[1]);
    expect(tagged).toEqual(['revocations', 'revocations', 'revocations']);
    const id = '{revocations}';
    const others = [keys.family(id), keys.subject(id), keys.record(id, id), keys.consumed(id, id), keys.counter(id)];
    expect(others.filter((key) => /[{}]/.test(key))).toEqual([]);
  });

  it('names a family the same by its sid and by its part', () => {
    for (const id of HOSTILE_IDS) expect(keys.familyByPart(keyPart(id))).toBe(keys.family(id));
  });

  it.each(['', 'a b', '{a}', 'x'.repeat(65), 'é'])('refuses the prefix %j', (prefix) => {
    expect(() => createKeys(prefix)).toThrow('prefix');
  });
});
