import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

export interface Sealer {
  /** Encrypts a text for one place; what is moved to another place does not open. */
  seal(text: string, place: string): string;
  /** The text, or undefined where it was not sealed with one of our secrets for this place. */
  open(sealed: unknown, place: string): string | undefined;
  /** A keyed digest, base64url; another `purpose` gives another one. */
  digest(purpose: string, text: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  readonly sealing: Buffer;
  readonly digesting: Buffer;
}

/**
 * AES-256-GCM under keys derived from `secret` (HKDF, RFC 5869). `previous` still opens, so that the secret can be
 * changed without ending sessions. `randomBytes` gives that many random bytes.
 */
export function createSealer(options: {
  readonly secret: string;
  readonly previous?: string | undefined;
  readonly randomBytes: (size: number) => Buffer;
}): Sealer {
  const current = deriveKey(options.secret);
  const keys = options.previous === undefined ? [current] : [current, deriveKey(options.previous)];
  return {
    seal(text, place) {
      const nonce = options.randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.sealing, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed, place) {
      if (typeof sealed !== 'string') return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      for (const key of keys) {
        const text = decrypt(bytes, key.sealing, place);
        if (text !== undefined) return text;
      }
      return undefined;
    },
    digest: (purpose, text) =>
      createHmac('sha256', current.digesting).update(`${purpose}\0${text}`).digest('base64url'),
  };
}

function deriveKey(secret: string): Key {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'gaia gateway', purpose, 32));
  return { sealing: derive('session sealing'), digesting: derive('session digests') };
}

function decrypt(bytes: Buffer, key: Buffer, place: string): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
