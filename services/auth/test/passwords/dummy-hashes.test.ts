import { describe, expect, it } from 'vitest';
import { createDummyHashes } from '../../src/passwords/dummy-hashes.ts';
import { costText, type HashCost, readCost } from '../../src/passwords/hash-cost.ts';

const present: HashCost = { memoryKib: 19_456, passes: 2, lanes: 1 };
const old: HashCost = { memoryKib: 12_288, passes: 3, lanes: 1 };
const older: HashCost = { memoryKib: 4_096, passes: 3, lanes: 1 };
const names = Array.from({ length: 2_000 }, (_, index) => `nobody.${index}@example.org`);

const dummyHashesOf = (secret = 'a secret') =>
  createDummyHashes({ cost: present, secret, makeHash: async (cost) => costText(cost) });

describe('dummy hashes', () => {
  it('cost what new hashes do as long as there are no others', async () => {
    const dummyHashes = await dummyHashesOf();
    expect(new Set(names.map(dummyHashes.hashFor))).toEqual(new Set([costText(present)]));
    await dummyHashes.follow([{ cost: present, hashes: 10 }]);
    await dummyHashes.follow([]);
    expect(new Set(names.map(dummyHashes.hashFor))).toEqual(new Set([costText(present)]));
  });

  it('cost what the stored hashes do, in the same shares', async () => {
    const dummyHashes = await dummyHashesOf();
    await dummyHashes.follow([
      { cost: old, hashes: 600 },
      { cost: present, hashes: 300 },
      { cost: older, hashes: 100 },
    ]);
    const count = (cost: HashCost) => names.filter((name) => dummyHashes.hashFor(name) === costText(cost)).length;
    expect(count(old) / names.length).toBeCloseTo(0.6, 1);
    expect(count(present) / names.length).toBeCloseTo(0.3, 1);
    expect(count(older) / names.length).toBeCloseTo(0.1, 1);
  });

  it('stay the same for a name, and move to the new cost alone as users do', async () => {
    const dummyHashes = await dummyHashesOf();
    await dummyHashes.follow([
      { cost: old, hashes: 80 },
      { cost: present, hashes: 20 },
    ]);
    const before = names.map(dummyHashes.hashFor);
    expect(names.map(dummyHashes.hashFor)).toEqual(before);
    await dummyHashes.follow([
      { cost: old, hashes: 30 },
      { cost: present, hashes: 70 },
    ]);
    const after = names.map(dummyHashes.hashFor);
    const moved = names.flatMap((_name, index) => (before[index] === after[index] ? [] : [after[index]]));
    expect(moved.length).toBeGreaterThan(0);
    expect(new Set(moved)).toEqual(new Set([costText(present)]));
  });

  it('are of a cost that cannot be foretold without the secret, and that all replicas agree on', async () => {
    const shares = [
      { cost: old, hashes: 50 },
      { cost: present, hashes: 50 },
    ];
    const [one, same, other] = await Promise.all([dummyHashesOf(), dummyHashesOf(), dummyHashesOf('another secret')]);
    for (const dummyHashes of [one, same, other]) await dummyHashes.follow(shares);
    expect(names.map(same.hashFor)).toEqual(names.map(one.hashFor));
    expect(names.map(other.hashFor)).not.toEqual(names.map(one.hashFor));
  });
});

describe('readCost', () => {
  it.each([
    ['m=19456,t=2,p=1', present],
    ['m=19456,t=2', undefined],
    ['t=2,m=19456,p=1', undefined],
    ['m=1e9,t=2,p=1', undefined],
    ['', undefined],
  ])('%s', (text, cost) => {
    expect(readCost(text)).toEqual(cost);
  });
});
