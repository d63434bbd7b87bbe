import { describe, expect, it } from 'vitest';
import { createPasswords, requireValidPassword } from '../../src/passwords/passwords.ts';
import { sharedHashThreads } from '../support/auth-under-test.ts';

const noQueue = { run: <T>(work: () => Promise<T>) => work(), waiting: () => 0 };
const dummyHashSecret = 'a secret';
const threads = sharedHashThreads();
const cheap = { memoryKib: 64, passes: 1, lanes: 1 };

describe('passwords', () => {
  it('are hashed with argon2id at the cost that is asked for, each with its own salt', async () => {
    const passwords = await createPasswords({
      cost: { memoryKib: 128, passes: 3, lanes: 2 },
      limiter: noQueue,
      threads,
      dummyHashSecret,
    });
    const [one, two] = await Promise.all(['same', 'same'].map(passwords.hash));
    expect(one).toMatch(/^\$argon2id\$v=19\$m=128,t=3,p=2\$/);
    expect(one).not.toBe(two);
  });

  it('match their own hash alone, in any composition of their characters', async () => {
    const passwords = await createPasswords({ cost: cheap, limiter: noQueue, threads, dummyHashSecret });
    const hash = await passwords.hash('Crème brûlée');
    expect(await passwords.verify(hash, 'Crème brûlée'.normalize('NFD'), 'ada')).toBe(true);
    for (const wrong of ['crème brûlée', 'Crème brûlée ', 'Crème brûlé', '']) {
      expect(await passwords.verify(hash, wrong, 'ada')).toBe(false);
    }
  });

  it('are not cut short: what comes after 72 bytes counts', async () => {
    const passwords = await createPasswords({ cost: cheap, limiter: noQueue, threads, dummyHashSecret });
    const hash = await passwords.hash(`${'x'.repeat(255)}y`);
    expect(await passwords.verify(hash, `${'x'.repeat(255)}z`, 'ada')).toBe(false);
  });

  it('of nobody cost a hash as well', async () => {
    let hashes = 0;
    const passwords = await createPasswords({
      cost: cheap,
      threads,
      dummyHashSecret,
      limiter: {
        ...noQueue,
        run: (work) => {
          hashes += 1;
          return work();
        },
      },
    });
    hashes = 0;
    expect(await passwords.verify(undefined, 'x', 'nobody')).toBe(false);
    expect(await passwords.verify(null, 'x', 'ada')).toBe(false);
    expect(hashes).toBe(2);
  });
});

describe('requireValidPassword', () => {
  it.each([
    ['12345678', true],
    ['1234567', false],
    ['x'.repeat(256), true],
    ['x'.repeat(257), false],
    ['😀'.repeat(256), true],
    ['😀'.repeat(4), false],
    ['        ', true],
    [`1234567\ud800`, false],
  ])('%j: %s', (password, expected) => {
    const check = () => requireValidPassword(password);
    if (expected) expect(check).not.toThrow();
    else expect(check).toThrow('/body/password');
  });
});
