import { createTestIssuer, type TokenRequest } from '@gaia/testing/issuer';
import { keyPair } from '../support/fake-auth.ts';

/** An access token as auth would have signed it. */
export async function genuineToken(request: TokenRequest = {}): Promise<string> {
  const issuer = await createTestIssuer({ signingKey: { privateKey: keyPair().privateKey, kid: 'k1' } });
  return issuer.tokenFor(request);
}
