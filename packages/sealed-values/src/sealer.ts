import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SealingKey } from './sealing-keys.ts';

/** What is stored: the bytes, and the version of the key that opens them. */
export interface Sealed {
  readonly sealed: Buffer;
  readonly keyVersion: string;
}

export interface Sealer {
  /** Of the key that seals; a value with another one can be opened and sealed again. */
  readonly keyVersion: string;
  /** `place` names what the value belongs to (a row, a record): it opens there and nowhere else. Throws a RangeError for a value that is too large. */
  seal(plain: Buffer, place: string): Sealed;
  /** Undefined where no key at hand opens it: another key, purpose or place, altered bytes, or more than was ever sealed. */
  open(value: Sealed, place: string): Buffer | undefined;
}

export interface SealerOptions {
  /** What is sealed ("signing key"). A value sealed for one purpose does not open for another, even under the same key. */
  readonly purpose: string;
  /** The first seals, all open: a key is replaced by putting the new one before it. */
  readonly keys: readonly SealingKey[];
  readonly randomBytes: (size: number) => Uint8Array;
  /** Bytes of the largest value. */
  readonly maxBytes?: number;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DEFAULT_MAX_BYTES = 65_536;

/**
 * Values at rest under AES-256-GCM (NIST SP 800-38D): nonce, tag and ciphertext, one after the other. Purpose, place and
 * key version are authenticated with them, so that who can write to the store can still not move a value elsewhere.
 * Nonces are random: one key may seal 2^32 values (§8.3), which is a replacement every few years at 50 a second.
 * Throws a TypeError for options that cannot be used.
 */
export function createSealer(options: SealerOptions): Sealer {
  const { purpose, keys, randomBytes, maxBytes = DEFAULT_MAX_BYTES } = options;
  const [current] = keys;
  if (current === undefined) throw new TypeError('a sealer needs a key');
  // NUL parts the authenticated names: a purpose with one could read as another purpose and place.
  if (purpose === '' || purpose.includes('\0')) throw new TypeError('a purpose is a text without NUL');
  const authenticated = (place: string, version: string) => Buffer.from(`gaia ${purpose}\0${place}\0${version}`);

  return {
    keyVersion: current.version,
    seal(plain, place) {
      if (plain.length > maxBytes) throw new RangeError(`a ${purpose} of more than ${maxBytes} bytes is not sealed`);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, current.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(authenticated(place, current.version));
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
      return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), keyVersion: current.version };
    },
    open({ sealed, keyVersion }, place) {
      const found = keys.find((key) => key.version === keyVersion);
      const size = sealed.length - NONCE_BYTES - TAG_BYTES;
      if (found === undefined || size < 0 || size > maxBytes) return undefined;
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, found.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(authenticated(place, keyVersion));
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
