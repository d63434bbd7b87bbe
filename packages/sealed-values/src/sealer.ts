import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SealingKey } from './sealing-keys.ts';

/** A stored value; `kid` is the id of its key. */
export interface Sealed {
  readonly sealed: Buffer;
  readonly kid: string;
}

export interface Sealer {
  /** The id of the key that seals. */
  readonly kid: string;
  /** `context` is additional authenticated data (AAD), such as a row id: the value opens only with it. Throws a RangeError for a value that is too large. */
  seal(plain: Buffer, context: string): Sealed;
  /** Undefined for an unknown key, another purpose or context, altered bytes, or a value that is too large. */
  open(value: Sealed, context: string): Buffer | undefined;
}

export interface SealerOptions {
  /** What is sealed ("signing key"). A value sealed for one purpose does not open for another, even under the same key. */
  readonly purpose: string;
  /** The first seals, all open. */
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
 * Values at rest under AES-256-GCM (NIST SP 800-38D): nonce, tag and ciphertext, one after the other. Purpose, context and
 * `kid` are authenticated, so that a writer to the store cannot move a value to another row.
 * Nonces are random: one key may seal 2^32 values (§8.3), which is a replacement every few years at 50 a second.
 * Throws a TypeError for options that cannot be used.
 */
export function createSealer(options: SealerOptions): Sealer {
  const { purpose, keys, randomBytes, maxBytes = DEFAULT_MAX_BYTES } = options;
  const [current] = keys;
  if (current === undefined) throw new TypeError('a sealer needs a key');
  // NUL separates purpose and context in the AAD.
  if (purpose === '' || purpose.includes('\0')) throw new TypeError('a purpose is a text without NUL');
  const authenticated = (context: string, version: string) => Buffer.from(`gaia ${purpose}\0${context}\0${version}`);

  return {
    kid: current.kid,
    seal(plain, context) {
      if (plain.length > maxBytes) throw new RangeError(`a ${purpose} of more than ${maxBytes} bytes is not sealed`);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, current.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(authenticated(context, current.kid));
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
      return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), kid: current.kid };
    },
    open({ sealed, kid }, context) {
      const found = keys.find((key) => key.kid === kid);
      const size = sealed.length - NONCE_BYTES - TAG_BYTES;
      if (found === undefined || size < 0 || size > maxBytes) return undefined;
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, found.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(authenticated(context, kid));
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
