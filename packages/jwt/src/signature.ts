import type { KeyObject } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import type { PresentedToken } from './preflight.ts';
import { KeysUnavailable, refuseUnless, TokenRefusal } from './refusal.ts';

/** A key of an issuer, imported once; the only algorithm that it may verify is fixed with it. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly key: CryptoKey | KeyObject;
}

/** Where the keys of an issuer come from; `@gaia/jwks-cache` is one. */
export interface KeySource<Key extends VerificationKey = VerificationKey> {
  find(kid: string): Key | undefined;
  lookUp(kid: string): Promise<Key | undefined>;
  /** False when none of the issuer's tokens could be verified now. */
  usable(): boolean;
}

/** Resolves if the signature is good; rejects with TokenRefusal otherwise. */
export type SignatureCheck = (token: PresentedToken) => Promise<void>;

/**
 * Signatures that a published key must have made.
 * Rejects with key_unknown, algorithm_not_of_key, signature_wrong, and KeysUnavailable when no key is known at all.
 */
export function publishedKeySignature(keys: KeySource): SignatureCheck {
  return async (token) => verifySignature(token, await publishedKey(keys, token.kid ?? ''));
}

/** Rejects with key_unknown, or KeysUnavailable when no key is known at all. */
export async function publishedKey<Key extends VerificationKey>(keys: KeySource<Key>, kid: string): Promise<Key> {
  const key = keys.find(kid) ?? (await keys.lookUp(kid));
  if (key === undefined) throw keys.usable() ? new TokenRefusal('key_unknown') : new KeysUnavailable();
  return key;
}

/** As verifySignature, with whichever of the keys fits; for signers who may have several at a time. */
export async function verifyWithAny(
  token: PresentedToken,
  keys: Iterable<Parameters<typeof verifySignature>[1]>,
): Promise<void> {
  for (const key of keys) {
    try {
      return await verifySignature(token, key);
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
    }
  }
  throw new TokenRefusal('signature_wrong');
}

/** RFC 8725 §3.1: the algorithm is the key's. Rejects with algorithm_not_of_key, signature_wrong. */
export async function verifySignature(
  { text, algorithm }: PresentedToken,
  key: { readonly algorithm: string; readonly key: CryptoKey | KeyObject | Uint8Array },
): Promise<void> {
  refuseUnless(algorithm === key.algorithm, 'algorithm_not_of_key');
  try {
    await compactVerify(text, key.key, { algorithms: [key.algorithm] });
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new TokenRefusal('signature_wrong');
    throw error;
  }
}
