import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** A key that encrypts keys. Its version is a fingerprint, so that it names itself and nobody has to count. */
export interface KeyEncryptionKey {
  readonly version: string;
  readonly key: KeyObject;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Reads one or more comma-separated keys of 32 bytes, each base64url or hexadecimal. The first seals, all open.
 * Throws an Error whose message completes "AUTH_KEK …" and never holds the text.
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
  /** Of the key encryption key that seals. */
  readonly version: string;
  seal(plain: Buffer, keyId: string): Sealed;
  /** Undefined when no key at hand opens it: a foreign key encryption key, or altered bytes. */
  open(sealed: Sealed, keyId: string): Buffer | undefined;
}

/**
 * AES-256-GCM under the first of the keys. The key id and the key encryption key's version are authenticated with it,
 * so that a sealed key cannot be moved to another row.
 */
export function createSealer(keys: readonly KeyEncryptionKey[], randomBytes: (size: number) => Buffer): Sealer {
  const [current] = keys;
  if (current === undefined) throw new Error('a sealer needs a key encryption key');
  return {
    version: current.version,
    seal: (plain, keyId) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, iv);
      cipher.setAAD(additionalData(keyId, current.version));
      const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
      return { sealed: Buffer.concat([iv, cipher.getAuthTag(), ciphertext]), kekVersion: current.version };
    },
    open: ({ sealed, kekVersion }, keyId) => {
      const found = keys.find((key) => key.version === kekVersion);
      if (found === undefined || sealed.length < IV_BYTES + TAG_BYTES) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', found.key, sealed.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(additionalData(keyId, kekVersion));
      decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

function additionalData(keyId: string, kekVersion: string): Buffer {
  return Buffer.from(`gaia signing key\0${keyId}\0${kekVersion}`);
}
