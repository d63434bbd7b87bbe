import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Admission } from './admission.ts';

/** Cost of argon2id (RFC 9106 §3.1). */
export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export interface Passwords {
  /** PHC string of a new password. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash. Without a hash (an unknown user, or one without password) it does the same
   * work against a decoy and says no, so that time tells nobody who is known here.
   */
  verify(passwordHash: string | null | undefined, password: string): Promise<boolean>;
  /**
   * Hashes a password anew, and gives the hash to `store`, if its present hash was made at another cost. To be called with
   * the right password. Never rejects: it can be done at the next login as well.
   */
  rehash(passwordHash: string | null, password: string, store: (hash: string) => Promise<void>): Promise<void>;
}

/** Bounds of a new password, in characters. Longer ones are refused and never cut short. */
export const PASSWORD_LENGTH = Object.freeze({ min: 8, max: 256 });

export interface PasswordsOptions {
  readonly cost: HashCost;
  readonly admission: Admission;
  readonly log?: { warn(details: object, message: string): void };
}

export async function createPasswords({ cost, admission, log }: PasswordsOptions): Promise<Passwords> {
  // argon2id is the library's default algorithm.
  const parameters = { memoryCost: cost.memoryKib, timeCost: cost.passes, parallelism: cost.lanes };
  const decoy = await hash(randomBytes(32), parameters);
  return {
    hash: (password) => admission.run(() => hash(prepared(password), parameters)),
    verify: async (passwordHash, password) => {
      const matches = await admission.run(() => verify(passwordHash ?? decoy, prepared(password)));
      return matches && typeof passwordHash === 'string';
    },
    rehash: async (passwordHash, password, store) => {
      if (passwordHash === null || isOfCost(passwordHash, cost)) return;
      try {
        await store(await admission.run(() => hash(prepared(password), parameters)));
      } catch (error) {
        log?.warn({ err: error }, 'a password could not be hashed anew');
      }
    },
  };
}

/** Whether a PHC string of argon2id was made at a cost. */
function isOfCost(passwordHash: string, { memoryKib, passes, lanes }: HashCost): boolean {
  return passwordHash.startsWith(`$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$`);
}

/** Whether a new password can be taken; the schema has bounded its length before. */
export function isUsablePassword(password: string): boolean {
  const length = [...password].length;
  return length >= PASSWORD_LENGTH.min && length <= PASSWORD_LENGTH.max && password.isWellFormed();
}

/** One password typed on two keyboards can arrive as different code points; NFKC makes them one (NIST SP 800-63B). */
function prepared(password: string): string {
  return password.normalize('NFKC');
}
