import { describe, expect, it } from 'vitest';
import { createExpiringMap, type ExpiringMapOptions } from '../../src/memory/expiring-map.ts';
import { noStorage } from '../../src/memory/storage.ts';

const mapOf = (options: Partial<ExpiringMapOptions<number>> = {}) =>
  createExpiringMap<number>({
    capacity: 10_000,
    whenFull: 'refuse',
    storage: noStorage.map('numbers', 'awaited'),
    ...options,
  });

describe('createExpiringMap', () => {
  it('holds an entry until one millisecond before its end', () => {
    const map = mapOf();
    map.set('a', 1, 100, 0);
    expect([map.get('a', 99), map.get('a', 100), map.get('b', 0)]).toEqual([1, undefined, undefined]);
    expect([map.living(99), map.living(100)]).toEqual([[1], []]);
  });

  it('replaces a value without moving its end', () => {
    const map = mapOf();
    map.set('a', 1, 100, 0);
    map.replace('a', 2);
    map.replace('b', 2);
    expect([map.get('a', 99), map.get('a', 100), map.size()]).toEqual([2, undefined, 1]);
  });

  it('stays within twice what lives, however much has passed through', () => {
    const forgotten: string[] = [];
    const map = mapOf({ onRemoved: (key) => forgotten.push(key) });
    let largest = 0;
    for (let now = 0; now < 50_000; now += 1) {
      map.set(`key-${now}`, now, now + 600, now);
      largest = Math.max(largest, map.size());
    }
    expect(largest).toBeLessThanOrEqual(2_000);
    expect(forgotten.length).toBe(50_000 - map.size());
    map.sweep(100_000);
    expect(map.size()).toBe(0);
  });

  it('refuses a new key when full of the living, and takes it again when some have ended', () => {
    const map = mapOf({ capacity: 2_000 });
    for (let index = 0; index < 2_000; index += 1) map.set(`key-${index}`, index, 5_000, 0);
    expect(() => map.set('one more', 1, 20_000, 4_000)).toThrow('state backend');
    map.set('key-0', 7, 20_000, 4_000);
    expect(map.get('key-0', 4_000)).toBe(7);
    map.set('one more', 1, 20_000, 6_000);
    expect(map.get('one more', 6_000)).toBe(1);
  });

  it('forgets the oldest where it may', () => {
    const forgotten: string[] = [];
    const map = mapOf({ capacity: 3, whenFull: 'forget-oldest', onRemoved: (key) => forgotten.push(key) });
    for (const key of ['a', 'b', 'c', 'd', 'e']) map.set(key, 1, 1_000, 0);
    expect([map.size(), forgotten]).toEqual([3, ['a', 'b']]);
  });

  it.each(['forget-oldest', 'refuse'] as const)('stays fast when it is full and may %s', (whenFull) => {
    const map = mapOf({ capacity: 100_000, whenFull });
    for (let index = 0; index < 100_000; index += 1) map.set(`key-${index}`, index, 1_000_000, 0);
    const startedAt = performance.now();
    let refused = 0;
    for (let index = 0; index < 20_000; index += 1) {
      try {
        map.set(`more-${index}`, index, 1_000_000, 1);
      } catch {
        refused += 1;
      }
    }
    // A sweep at every write would take half a minute.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(refused).toBe(whenFull === 'refuse' ? 20_000 : 0);
    expect(map.size()).toBeLessThanOrEqual(100_000);
  });
});
