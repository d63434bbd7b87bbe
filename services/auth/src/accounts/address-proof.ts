import { randomUUIDv7 } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { requireValidPassword } from '../passwords/passwords.ts';
import type { PasswordStrength, PersonalWords } from '../passwords/strength.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { type Account, findAccount } from './account-of-address.ts';
import { insertUser, usernameColumns } from './users.ts';

/** What the holder of a link chooses at its page. */
export interface Choice {
  readonly password?: string | undefined;
  readonly name?: string | undefined;
  readonly username?: string | undefined;
}

/** A choice that can be taken; the password hashed, so that the transaction that uses it is short. */
export interface Credentials {
  readonly passwordHash: string;
  /** Absent: the account keeps its names. */
  readonly names?: ReturnType<typeof usernameColumns> & { readonly name: string };
}

/** What a proof has done: made an account, taken one over that belonged to nobody, or found one with an owner. */
export interface Proof {
  readonly user: string;
  readonly account: 'made' | 'taken_over' | 'known';
}

/**
 * An account belongs to who proves its address: by a link that was mailed there, whatever the link was for. Nothing that
 * anyone set before survives that (“pre-hijacked accounts”, Sudhodanan and Paverd, USENIX Security 2022). A proved
 * account keeps what its owner has set.
 */
export interface AddressProof {
  /**
   * Reads what was chosen for an account that is new or unproved; undefined for a proved one, which takes nothing.
   * Throws account_exists, and what `read` throws.
   */
  prepare(
    account: Account | undefined,
    email: string,
    choice: Choice,
    words: PersonalWords,
  ): Promise<Credentials | undefined>;
  /** Throws password_required, validation_failed, password_too_weak, username_reserved, username_confusable, unavailable. */
  read(email: string, choice: Choice, words: PersonalWords): Promise<Credentials>;
  /**
   * Proves an address whose lock the transaction holds. `credentials` are what `prepare` gave.
   * Throws link_invalid for a disabled account; password_required, account_exists where the account is not what it was.
   */
  prove(
    transaction: Transaction<AuthTables>,
    address: { readonly email: string; readonly key: string },
    credentials: Credentials | undefined,
  ): Promise<Proof>;
  /** Puts these in the place of all credentials of a user, notes the proof, and ends their sessions. */
  replaceCredentials(transaction: Transaction<AuthTables>, user: string, credentials: Credentials): Promise<void>;
  /** To be called after the commit: a login that was under way may have begun a session since. */
  endSessions(user: string): Promise<void>;
}

export interface AddressProofOptions {
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly strength: Pick<PasswordStrength, 'require'>;
  readonly revoker: Pick<Revoker, 'endAllSessions'>;
  now(): number;
}

export function createAddressProof(options: AddressProofOptions): AddressProof {
  const { passwords, strength, revoker, now } = options;

  async function read(email: string, { password, name = '', username }: Choice, words: PersonalWords) {
    if (password === undefined) {
      throw problem('password_required', { errors: [{ path: '/body/password', message: 'is chosen here' }] });
    }
    requireValidPassword(password);
    const names = { ...usernameColumns(username ?? null), name: name.trim() };
    await strength.require(password, [email, names.username, names.name, ...words]);
    return { passwordHash: await passwords.hash(password), names };
  }

  async function replaceCredentials(transaction: Transaction<AuthTables>, user: string, credentials: Credentials) {
    const at = new Date(now());
    await transaction
      .updateTable('users')
      .set({
        password_hash: credentials.passwordHash,
        ...credentials.names,
        email_verified_at: at,
        pending_email: null,
        pending_email_key: null,
        credential_version: sql`credential_version + 1`,
        reset_version: sql`reset_version + 1`,
        link_version: sql`link_version + 1`,
        updated_at: at,
      })
      .where('id', '=', user)
      .execute();
    await transaction.deleteFrom('user_devices').where('user_id', '=', user).execute();
    // Before the commit: if the sessions cannot be ended, nothing has changed and the link can be used again.
    await revoker.endAllSessions(user);
  }

  return {
    read,
    replaceCredentials,
    prepare: async (account, email, choice, words) => {
      if (account === undefined || !account.isProved) return read(email, choice, words);
      if (Object.values(choice).some((value) => value !== undefined)) throw problem('account_exists');
      return undefined;
    },
    prove: async (transaction, { email, key }, credentials) => {
      const account = await findAccount(transaction, key);
      if (account?.isProved) {
        if (credentials !== undefined) throw problem('account_exists');
        return { user: account.id, account: 'known' };
      }
      // The account was deleted, or its address changed, between the look at it and its lock.
      if (credentials === undefined) throw problem('link_invalid');
      if (account !== undefined) {
        await replaceCredentials(transaction, account.id, credentials);
        return { user: account.id, account: 'taken_over' };
      }
      const at = now();
      const made = await insertUser(transaction, {
        ...usernameColumns(null),
        name: '',
        ...credentials.names,
        id: randomUUIDv7(),
        email,
        email_key: key,
        password_hash: credentials.passwordHash,
        administrator: false,
        email_verified_at: new Date(at),
        created_at: new Date(at),
        updated_at: new Date(at),
      });
      return { user: made.id, account: 'made' };
    },
    endSessions: (user) => revoker.endAllSessions(user),
  };
}
