import { randomBytes } from 'node:crypto';
import { invalidBody } from '../validation.ts';
import type { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { createDummyHashes } from './dummy-hashes.ts';
import { type CostShare, costText, type HashCost } from './hash-cost.ts';
import type { HashThreads } from './hash-threads.ts';

export interface Passwords {
  /** PHC string of a new password. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash. Without a hash (an unknown user, or one without password) it does the same
   * work against a dummy hash and says no, so that timing does not tell who is known here; `name` chooses the dummy hash.
   */
  verify(passwordHash: string | null | undefined, password: string, name: string): Promise<boolean>;
  /**
   * Hashes a password anew, and gives the hash to `store`, if its present hash was made at another cost. To be called with
   * the right password. Never rejects: it can be done at the next login as well.
   */
  rehash(passwordHash: string | null, password: string, store: (hash: string) => Promise<void>): Promise<void>;
  /** Says what the stored hashes cost, which dummy hashes are to cost as well. */
  followCosts(shares: readonly CostShare[]): Promise<void>;
}

/** Bounds of a new password, in characters. Longer ones are refused and never cut short. */
export const PASSWORD_LENGTH = Object.freeze({ min: 8, max: 256 });

export interface PasswordsOptions {
  readonly cost: HashCost;
  readonly limiter: Pick<ConcurrencyLimiter, 'run'>;
  readonly threads: Pick<HashThreads, 'hash' | 'verify'>;
  /** Which dummy hash a name has follows from it; the same in all replicas. */
  readonly dummyHashSecret: string;
  readonly log?: { warn(details: object, message: string): void };
}

export async function createPasswords(options: PasswordsOptions): Promise<Passwords> {
  const { cost, limiter, threads, log } = options;
  const hash = (password: string, wanted: HashCost) => limiter.run(() => threads.hash(password, wanted));
  const dummyHashes = await createDummyHashes({
    cost,
    secret: options.dummyHashSecret,
    makeHash: (wanted) => hash(randomBytes(32).toString('base64url'), wanted),
  });
  return {
    hash: (password) => hash(prepared(password), cost),
    verify: async (passwordHash, password, name) => {
      const dummyHash = dummyHashes.hashFor(name);
      const matches = await limiter.run(() => threads.verify(passwordHash ?? dummyHash, prepared(password)));
      return matches && typeof passwordHash === 'string';
    },
    rehash: async (passwordHash, password, store) => {
      if (passwordHash === null || isOfCost(passwordHash, cost)) return;
      try {
        await store(await hash(prepared(password), cost));
      } catch (error) {
        log?.warn({ err: error }, 'a password could not be hashed anew');
      }
    },
    followCosts: dummyHashes.follow,
  };
}

/** Whether a PHC string of argon2id was made at a cost. */
function isOfCost(passwordHash: string, cost: HashCost): boolean {
  return passwordHash.startsWith(`$argon2id$v=19$${costText(cost)}$`);
}

/** Bounds code points; a schema bounds UTF-16 units. Throws validation_failed for a new password outside the bounds. */
export function requireValidPassword(password: string): void {
  const length = [...password].length;
  if (length >= PASSWORD_LENGTH.min && length <= PASSWORD_LENGTH.max && password.isWellFormed()) return;
  throw invalidBody('password', `must have ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters`);
}

/** One password typed on two keyboards can arrive as different code points; NFKC makes them one (NIST SP 800-63B). */
function prepared(password: string): string {
  return password.normalize('NFKC');
}
