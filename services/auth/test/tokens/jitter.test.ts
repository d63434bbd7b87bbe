import { describe, expect, it } from 'vitest';
import { jitteredLifetime } from '../../src/tokens/jitter.ts';

const bytes = (value: number) => () => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};

describe('jitteredLifetime', () => {
  it.each([
    [900, true, 0, 900],
    [900, true, 45, 855],
    [900, true, 46, 900],
    [900, false, 45, 900],
    [10, true, 12_345, 10],
  ])('of %i s, enabled %s, with %i is %i', (lifetime, enabled, value, expected) => {
    expect(jitteredLifetime(lifetime, enabled, bytes(value))()).toBe(expected);
  });
});
