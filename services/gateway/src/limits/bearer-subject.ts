import type { KeySource } from '@gaia/jwt/signature';
import type { Verifier } from '@gaia/token-guard/verifier';

/**
 * The user of a bearer token, if the token is genuine: nobody else's rate can be used up with a made-up one, and a new
 * token for each request brings no new rate. Never rejects: the service says what is wrong with a token.
 */
export function createBearerSubject(
  verifier: Pick<Verifier, 'verify'>,
): (accessToken: string) => Promise<string | undefined> {
  return async (accessToken) => {
    // Most that is no JWT at all shows by this.
    if (accessToken.indexOf('.') < 0) return undefined;
    return verifier.verify(accessToken).then(
      ({ subject }) => subject,
      () => undefined,
    );
  };
}

/** The same keys, for a verifier that waits for none: one that is not known yet is fetched for the requests to come. */
export function knownKeys(keys: KeySource): KeySource {
  return {
    ...keys,
    lookUp: async (kid) => {
      keys.lookUp(kid).catch(() => {});
      return keys.find(kid);
    },
  };
}
