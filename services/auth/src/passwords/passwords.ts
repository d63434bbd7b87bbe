import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Admission } from './admission.ts';
import { createDecoys } from './decoys.ts';
import { type CostShare, costText, type HashCost } from './hash-cost.ts';

export interface Passwords {
  /** PHC string of a new password. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash. Without a hash (an unknown user, or one without password) it does the same
   * work against a decoy and says no, so that time tells nobody who is known here; `name` chooses the decoy.
   */
  verify(passwordHash: string | null | undefined, password: string, name: string): Promise<boolean>;
  /**
   * Hashes a password anew, and gives the hash to `store`, if its present hash was made at another cost. To be called with
   * the right password. Never rejects: it can be done at the next login as well.
   */
  rehash(passwordHash: string | null, password: string, store: (hash: string) => Promise<void>): Promise<void>;
  /** Says what the stored hashes cost, which decoys are to cost as well. */
  followCosts(shares: readonly CostShare[]): Promise<void>;
}

/** Bounds of a new password, in characters. Longer ones are refused and never cut short. */
export const PASSWORD_LENGTH = Object.freeze({ min: 8, max: 256 });

export interface PasswordsOptions {
  readonly cost: HashCost;
  readonly admission: Pick<Admission, 'run'>;
  /** Which decoy a name has follows from it; the same in all replicas. */
  readonly decoySecret: string;
  readonly log?: { warn(details: object, message: string): void };
}

export async function createPasswords(options: PasswordsOptions): Promise<Passwords> {
  const { cost, admission, log } = options;
  const parameters = parametersOf(cost);
  const decoys = await createDecoys({
    cost,
    secret: options.decoySecret,
    makeHash: (wanted) => admission.run(() => hash(randomBytes(32), parametersOf(wanted))),
  });
  return {
    hash: (password) => admission.run(() => hash(prepared(password), parameters)),
    verify: async (passwordHash, password, name) => {
      const decoy = decoys.hashFor(name);
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
    followCosts: decoys.follow,
  };
}

/** argon2id is the library's default algorithm. */
function parametersOf({ memoryKib, passes, lanes }: HashCost) {
  return { memoryCost: memoryKib, timeCost: passes, parallelism: lanes };
}

/** Whether a PHC string of argon2id was made at a cost. */
function isOfCost(passwordHash: string, cost: HashCost): boolean {
  return passwordHash.startsWith(`$argon2id$v=19$${costText(cost)}$`);
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
