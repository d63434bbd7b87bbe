/** A user name as it is shown, and the key under which it is unique. */
export interface Username {
  readonly username: string;
  readonly key: string;
}

const MAX_LENGTH = 64;
const MIN_LENGTH = 2;

/**
 * Reads a user name: 2 to 64 letters, digits, `.`, `_`, `-`, beginning and ending with a letter or digit. NFKC and lower
 * case make the key, so that look-alike spellings of one name are one (RFC 8265 §3.3). Never with an `@`: a name cannot
 * pass for an address. Undefined if it is none.
 */
export function readUsername(text: string): Username | undefined {
  // Bounded before it is normalised: one code point can become eighteen.
  if (text.length > MAX_LENGTH || !text.isWellFormed()) return undefined;
  const username = text.trim().normalize('NFKC');
  const key = username.toLowerCase().normalize('NFKC');
  if (username.length < MIN_LENGTH || key.length > MAX_LENGTH) return undefined;
  if (!/^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])$/u.test(key)) return undefined;
  return { username, key };
}
