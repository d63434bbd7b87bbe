import { createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** A key that seals values; its `kid` is a fingerprint. */
export interface SealingKey {
  readonly kid: string;
  readonly key: KeyObject;
}

const KEY_BYTES = 32;
const MAX_KEYS = 8;

/** The sealing key of 32 random or derived bytes. Throws a TypeError for any other number of bytes. */
export function sealingKey(bytes: Buffer): SealingKey {
  if (bytes.length !== KEY_BYTES) throw new TypeError(`a sealing key has ${KEY_BYTES} bytes`);
  const kid = createHash('sha256').update('gaia key encryption key\0').update(bytes).digest('hex').slice(0, 16);
  return Object.freeze({ kid, key: createSecretKey(bytes) });
}

/**
 * Reads one to eight comma-separated keys of 32 bytes, each base64url or hexadecimal.
 * Throws an Error whose message completes "<name of the setting> …" and never holds the text.
 */
export function readSealingKeys(text: string): readonly SealingKey[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length > MAX_KEYS) throw new Error(`must hold at most ${MAX_KEYS} keys`);
  return Object.freeze(words.map((word) => sealingKey(readKeyBytes(word))));
}

function readKeyBytes(word: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(word)) return Buffer.from(word, 'hex');
  if (/^[A-Za-z0-9_-]{43}=?$/.test(word)) return Buffer.from(word, 'base64url');
  throw new Error('must be 32 bytes as base64url or hexadecimal text');
}
