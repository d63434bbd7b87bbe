import fastifyJwt from '@fastify/jwt';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import type { FastifyInstance } from 'fastify';
import type { PresentedToken } from './preflight.ts';
import type { ClaimsByPurpose } from './purpose-claims.ts';
import { refuseUnless, TokenRefusal } from './refusal.ts';
import type { SignatureCheck } from './signature.ts';

/** Secrets of a purpose: the one that signs, and all that verify, so that one can be replaced while its tokens live. */
export interface SecretRing {
  /** Without a kid where there is one secret only. */
  readonly signing: { readonly kid?: string | undefined; readonly secret: string | Buffer };
  readonly byKid: ReadonlyMap<string, string | Buffer>;
}

/** Tokens that only their maker verifies (HS256). */
export interface SymmetricTokens<Purpose extends TokenPurposeName> {
  /** The same claims give the same text, byte for byte. */
  sign(claims: ClaimsByPurpose[Purpose]): string;
  /** Rejects with key_unknown, signature_wrong. */
  readonly signature: SignatureCheck;
}

interface Namespace {
  sign(payload: object): string;
  verify(text: string, options?: object): unknown;
}

/**
 * Gives a Fastify instance the tokens of a purpose, by @fastify/jwt in a namespace of their own. Nothing reaches it before
 * the preflight, its cache stays off, and the claims are checked after it, as for every other purpose.
 */
export async function registerSymmetricTokens<Purpose extends TokenPurposeName>(
  app: FastifyInstance,
  purpose: Purpose,
  { signing, byKid }: SecretRing,
): Promise<SymmetricTokens<Purpose>> {
  const { typ } = tokenPurposes[purpose];
  const verify = { algorithms: ['HS256' as const], cache: false, ignoreExpiration: true, ignoreNotBefore: true };
  await app.register(fastifyJwt, {
    namespace: purpose,
    decoratorName: `${purpose}Claims`,
    secret: signing.secret,
    sign: { algorithm: 'HS256', header: { alg: 'HS256', typ, ...(signing.kid !== undefined && { kid: signing.kid }) } },
    verify,
  });
  const jwt = (app as unknown as { jwt: Readonly<Record<string, Namespace>> }).jwt[purpose];
  if (jwt === undefined) throw new Error(`the namespace ${purpose} is not registered`);

  function secretOf({ kid }: PresentedToken): string | Buffer {
    const secret = kid === signing.kid ? signing.secret : byKid.get(kid ?? '');
    refuseUnless(secret !== undefined, 'key_unknown');
    return secret;
  }

  return {
    sign: (claims) => jwt.sign(claims),
    signature: async (token) => {
      const secret = secretOf(token);
      try {
        jwt.verify(token.text, secret === signing.secret ? undefined : { ...verify, key: secret });
      } catch (error) {
        if (isOfFastJwt(error)) throw new TokenRefusal('signature_wrong');
        throw error;
      }
    },
  };
}

function isOfFastJwt(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('FAST_JWT_');
}
