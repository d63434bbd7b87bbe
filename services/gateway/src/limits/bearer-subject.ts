import type { Verifier } from '@gaia/token-guard/verifier';

/**
 * The user of a bearer token, if the token is genuine; nobody else's rate can be used up with a made-up one. Undefined as
 * well where that could not be told at once: nobody waits for keys here, and the service decides on the token anyway.
 */
export function createBearerSubject(verifier: Pick<Verifier, 'check'>): (accessToken: string) => string | undefined {
  return (accessToken) => {
    // Most that is no JWT at all shows by this.
    if (accessToken.indexOf('.') < 0) return undefined;
    try {
      const identity = verifier.check(accessToken);
      if (!(identity instanceof Promise)) return identity.subject;
      identity.catch(() => {});
    } catch {
      // The service says what is wrong with it.
    }
    return undefined;
  };
}
