import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { reseal, type SealedStore, type StoredValue } from '../src/reseal.ts';
import { createSealer } from '../src/sealer.ts';
import { type SealingKey, sealingKey } from '../src/sealing-keys.ts';

const keyOf = (n: number) => sealingKey(Buffer.alloc(32, n));
const [first, second, lost] = [keyOf(1), keyOf(2), keyOf(3)];
const sealerOf = (...keys: readonly SealingKey[]) => createSealer({ purpose: 'test', keys, randomBytes });

function storeOf(count: number, sealer = sealerOf(first)) {
  const ids = Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));
  const values = new Map(
    ids.map((id): [string, StoredValue] => [id, { id, context: `p${id}`, ...sealer.seal(Buffer.from(id), `p${id}`) }]),
  );
  const store: SealedStore = {
    sealedByOthers: async (version, after = '', limit) =>
      [...values.values()].filter(({ id, kid }) => kid !== version && id > after).slice(0, limit),
    replace: async ({ id, context, sealed }, after) => {
      if (values.get(id)?.sealed === sealed) values.set(id, { id, context, ...after });
    },
  };
  const read = (reader: ReturnType<typeof sealerOf>) =>
    [...values.values()].map((value) => reader.open(value, value.context)?.toString());
  return { ids, values, store, read };
}

describe('resealing', () => {
  it('lets the newest key alone open everything, however much there is', async () => {
    const { ids, store, read } = storeOf(450);
    expect(await reseal(sealerOf(second, first), store)).toEqual({ resealed: 450, unopened: [] });
    expect(read(sealerOf(second))).toEqual(ids);
    expect(await reseal(sealerOf(second, first), store)).toEqual({ resealed: 0, unopened: [] });
  });

  it('leaves what no key opens, tells of it, and reseals the others', async () => {
    const { values, store, read } = storeOf(250);
    const strange = { id: '00003', context: 'p00003', ...sealerOf(lost).seal(Buffer.from('x'), 'p00003') };
    values.set('00003', strange);
    expect(await reseal(sealerOf(second, first), store)).toEqual({ resealed: 249, unopened: ['00003'] });
    expect(values.get('00003')).toBe(strange);
    expect(read(sealerOf(second)).filter((value) => value === undefined)).toHaveLength(1);
  });
});
