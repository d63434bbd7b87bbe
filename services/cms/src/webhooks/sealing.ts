import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto';
import type { RandomBytes } from '../values/uuid.ts';

/** A key that encrypts secrets. Its version is a fingerprint, so that it names itself and nobody has to count. */
export interface KeyEncryptionKey {
  readonly version: string;
  readonly key: KeyObject;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Reads one or more comma-separated keys of 32 bytes, each base64url or hexadecimal. The first seals, all open.
 * Throws an Error whose message completes "CMS_KEK …" and never holds the text.
 */
export function readKeyEncryptionKeys(text: string): readonly KeyEncryptionKey[] {
  const words = text.split(',').map((word) => word.trim());
  if (words.length > 8) throw new Error('must hold at most 8 keys');
  return Object.freeze(words.map(readKeyEncryptionKey));
}

function readKeyEncryptionKey(word: string): KeyEncryptionKey {
  const bytes = /^[0-9a-fA-F]{64}$/.test(word)
    ? Buffer.from(word, 'hex')
    : /^[A-Za-z0-9_-]{43}=?$/.test(word)
      ? Buffer.from(word, 'base64url')
      : Buffer.alloc(0);
  if (bytes.length !== KEY_BYTES) throw new Error('must be 32 bytes as base64url or hexadecimal text');
  const version = createHash('sha256').update('gaia key encryption key\0').update(bytes).digest('hex').slice(0, 16);
  return { version, key: createSecretKey(bytes) };
}

export interface Sealed {
  readonly sealed: Buffer;
  readonly kekVersion: string;
}

export interface Sealer {
  /** `place` names the row that the secret is kept in: it opens there and nowhere else. */
  seal(plain: string, place: string): Sealed;
  /** Undefined when no key at hand opens it: a foreign key encryption key, or altered bytes. */
  open(sealed: Sealed, place: string): string | undefined;
}

/** AES-256-GCM under the first of the keys. */
export function createSealer(keys: readonly KeyEncryptionKey[], randomBytes: RandomBytes): Sealer {
  const [current] = keys;
  if (current === undefined) throw new TypeError('a sealer needs a key encryption key');
  return {
    seal: (plain, place) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(additionalData(place, current.version));
      const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return { sealed: Buffer.concat([iv, cipher.getAuthTag(), ciphertext]), kekVersion: current.version };
    },
    open: ({ sealed, kekVersion }, place) => {
      const found = keys.find((key) => key.version === kekVersion);
      if (found === undefined || sealed.length < IV_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', found.key, sealed.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(additionalData(place, kekVersion));
      decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
  };
}

function additionalData(place: string, kekVersion: string): Buffer {
  return Buffer.from(`gaia webhook secret\0${place}\0${kekVersion}`);
}
