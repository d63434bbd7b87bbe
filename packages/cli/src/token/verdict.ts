import { createJwksCache, type JwksCache } from '@gaia/jwks-cache';
import { KeysUnavailable, type RefusalCode, type RefusalReason, TokenRefusal } from '@gaia/jwt/refusal';
import type { KeySource } from '@gaia/jwt/signature';
import { createVerifier } from '@gaia/token-guard/verifier';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';

/** How the check of a token ended. */
export type Verdict =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: RefusalReason; readonly code: RefusalCode; readonly message: string };

export interface VerdictOptions {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
}

/**
 * Verifies a token exactly as a service does, with the keys that the issuer publishes. The keys are fetched only if the
 * token gets so far, so garbage is named as such also when nothing runs. Throws Failure when the keys cannot be had.
 */
export async function verdictOn(
  accessToken: string,
  { jwksUrl, issuer, audiences }: VerdictOptions,
  { fetch, now }: Pick<Context, 'fetch' | 'now'>,
): Promise<Verdict> {
  let cache: JwksCache | undefined;
  const jwks: KeySource = {
    find: (kid) => cache?.find(kid),
    lookUp: async (kid) => {
      cache ??= createJwksCache({ url: jwksUrl, fetch, now });
      await cache.ready;
      return cache.find(kid);
    },
    usable: () => cache?.usable() ?? false,
  };
  try {
    const verifier = createVerifier({ issuers: [{ issuer, jwks }], audience: audiences, now });
    await verifier.verify(accessToken);
    return { accepted: true };
  } catch (error) {
    if (error instanceof TokenRefusal) {
      return { accepted: false, reason: error.reason, code: error.code, message: error.message };
    }
    if (!(error instanceof KeysUnavailable)) throw error;
    throw new Failure(
      `the keys of the issuer cannot be had from ${jwksUrl}: ${cache?.status().lastError ?? 'unknown'}`,
      ['Is the suite running (gaia up), and is this its URL? Give another with --url or --jwks.'],
    );
  } finally {
    cache?.close();
  }
}
