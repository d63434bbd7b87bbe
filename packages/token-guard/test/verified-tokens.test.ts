import { expect, it } from 'vitest';
import { createVerifiedTokens } from '../src/verified-tokens.ts';

it('gives back what was put in', () => {
  const tokens = createVerifiedTokens<number>(10);
  tokens.set('a', 1);
  expect(tokens.get('a')).toBe(1);
  expect(tokens.get('b')).toBeUndefined();
  expect(tokens.size()).toBe(1);
});

it('never holds more than its limit', () => {
  const tokens = createVerifiedTokens<number>(10);
  for (let index = 0; index < 1_000; index += 1) {
    tokens.set(`t${index}`, index);
    expect(tokens.size()).toBeLessThanOrEqual(10);
  }
  expect(tokens.size()).toBeGreaterThanOrEqual(5);
});

it('keeps what is used, however many others come', () => {
  const tokens = createVerifiedTokens<number>(10);
  tokens.set('used', 0);
  for (let index = 0; index < 1_000; index += 1) {
    tokens.set(`t${index}`, index);
    expect(tokens.get('used')).toBe(0);
    expect(tokens.size()).toBeLessThanOrEqual(10);
  }
});

it('forgets what is not used', () => {
  const tokens = createVerifiedTokens<number>(10);
  tokens.set('unused', 0);
  for (let index = 0; index < 10; index += 1) tokens.set(`t${index}`, index);
  expect(tokens.get('unused')).toBeUndefined();
});

it('counts a token once, whichever generation it is in', () => {
  const tokens = createVerifiedTokens<number>(4);
  for (const token of ['a', 'b', 'c']) tokens.set(token, 1);
  expect(tokens.get('a')).toBe(1);
  expect(tokens.size()).toBe(3);
});

it('drops a token of either generation', () => {
  const tokens = createVerifiedTokens<number>(4);
  for (const token of ['a', 'b', 'c']) tokens.set(token, 1);
  tokens.delete('a');
  tokens.delete('c');
  expect([tokens.get('a'), tokens.get('b'), tokens.get('c')]).toEqual([undefined, 1, undefined]);
});
