import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type HashThreads, openHashThreads } from '../../src/passwords/hash-threads.ts';

const cheap = { memoryKib: 64, passes: 1, lanes: 1 };
const slow = { memoryKib: 65_536, passes: 3, lanes: 1 };

let opened: HashThreads[] = [];
function open(count: number): HashThreads {
  const threads = openHashThreads(count);
  opened.push(threads);
  return threads;
}
afterEach(async () => {
  await Promise.all(opened.map((threads) => threads.close()));
  opened = [];
});

/** How many threads of this process hash, as Linux knows them by their names. */
function countThreads(): number {
  const names = readdirSync('/proc/self/task').map((task) => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
    } catch {
      // It has ended meanwhile.
      return '';
    }
  });
  return names.filter((name) => name === 'password hashes').length;
}

describe('hash threads', () => {
  it('answer each question with its own hash, however many are asked at a time', async () => {
    const threads = open(2);
    const passwords = Array.from({ length: 20 }, (_, index) => `password ${index}`);
    const hashes = await Promise.all(passwords.map((password) => threads.hash(password, cheap)));
    for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    const own = passwords.map((password, index) => threads.verify(hashes[index] ?? '', password));
    const others = passwords.map((password, index) => threads.verify(hashes[(index + 1) % 20] ?? '', password));
    expect(new Set(await Promise.all(own))).toEqual(new Set([true]));
    expect(new Set(await Promise.all(others))).toEqual(new Set([false]));
  });

  it('say what was no hash, without the password, and go on', async () => {
    const threads = open(1);
    const refused = await threads.verify('no hash', 'the password').catch((error: Error) => error);
    expect(refused).toBeInstanceOf(Error);
    expect(String(refused)).not.toContain('the password');
    expect(await threads.verify(await threads.hash('x', cheap), 'x')).toBe(true);
  });

  it('leave the event loop and its pool of threads alone', async () => {
    const threads = open(1);
    await threads.hash('x', cheap);
    const hashing = Promise.all(Array.from({ length: 8 }, () => threads.hash('x', slow)));
    let answered = 0;
    const reading = (async () => {
      for (let index = 0; index < 3; index += 1) {
        await import('node:fs/promises').then(({ readFile }) => readFile(import.meta.filename));
        answered += 1;
      }
    })();
    expect(await Promise.race([hashing.then(() => 'hashes'), reading.then(() => 'files')])).toBe('files');
    expect(answered).toBe(3);
    await hashing;
  });

  it.runIf(process.platform === 'linux')('begin with the work, as many as are needed and no more', async () => {
    // Other services of this process may have threads too.
    const before = countThreads();
    const threads = open(2);
    expect(countThreads()).toBe(before);
    await threads.hash('x', cheap);
    await threads.hash('x', cheap);
    expect(countThreads()).toBe(before + 1);
    await Promise.all(Array.from({ length: 6 }, () => threads.hash('x', cheap)));
    expect(countThreads()).toBe(before + 2);
  });

  it('refuse what was under way when they are closed, and can be asked again', async () => {
    const threads = open(1);
    const underWay = threads.hash('x', slow);
    const refusal = expect(underWay).rejects.toMatchObject({ code: 'unavailable', statusCode: 503 });
    await threads.close();
    await refusal;
    expect(await threads.verify(await threads.hash('x', cheap), 'x')).toBe(true);
  });
});
