import type { KeyObject } from 'node:crypto';
import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { type JWTPayload, SignJWT } from 'jose';
import type { ClaimsByPurpose } from './purpose-claims.ts';

/** A private key and the name under which its public half is published. */
export interface PrivateKey {
  readonly kid: string;
  readonly privateKey: CryptoKey | KeyObject;
}

/** Signs the claims of a purpose with a published key (RS256), because other services verify them. */
export type Sign = <Purpose extends TokenPurposeName>(
  purpose: Purpose,
  claims: ClaimsByPurpose[Purpose],
) => Promise<string>;

/** Signs with the key that `signing` names at that moment. Throws TypeError for a purpose that is not RS256. */
export function createSigner(signing: () => PrivateKey): Sign {
  return async (name, claims) => {
    const { algorithms, typ } = tokenPurposes[name];
    if (algorithms[0] !== 'RS256') throw new TypeError(`tokens of the purpose ${name} are not signed with RS256`);
    const { kid, privateKey } = signing();
    return new SignJWT({ ...claims } as JWTPayload).setProtectedHeader({ alg: 'RS256', typ, kid }).sign(privateKey);
  };
}

/** A message's token as its sender signs it: HS256 with the secret of the webhook. */
export function signWebhook(claims: ClaimsByPurpose['webhook'], secret: string): Promise<string> {
  const {
    algorithms: [alg],
    typ,
  } = tokenPurposes.webhook;
  return new SignJWT({ ...claims } as JWTPayload).setProtectedHeader({ alg, typ }).sign(Buffer.from(secret));
}
