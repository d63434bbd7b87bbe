import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRunningDigests } from '../../src/uploads/resumable/running-digests.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

it('knows the digest of bytes that came one after the other, and of no others', () => {
  const digests = createRunningDigests();
  digests.add('a', 0, Buffer.from('one '));
  expect(digests.of('a', 4)).toBe(sha256('one '));
  digests.add('a', 4, Buffer.from('two'));
  expect(digests.of('a', 7)).toBe(sha256('one two'));
  expect(digests.of('a', 6)).toBeUndefined();
  // Another process has stored a part.
  digests.add('a', 9, Buffer.from('three'));
  expect(digests.of('a', 14)).toBeUndefined();
  digests.add('b', 5, Buffer.from('late'));
  expect(digests.of('b', 9)).toBeUndefined();
  // Begun anew, because what was stored before was not counted.
  digests.add('a', 0, Buffer.from('again'));
  expect(digests.of('a', 5)).toBe(sha256('again'));
});
