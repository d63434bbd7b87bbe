import { hkdfSync } from 'node:crypto';
import { registerSymmetricTokens, type SymmetricTokens } from '@gaia/jwt/symmetric';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { FastifyInstance } from 'fastify';

/** Tokens that this service alone verifies. */
export interface OwnTokens {
  readonly refresh: SymmetricTokens<'refresh'>;
  readonly invitation: SymmetricTokens<'invitation'>;
}

/** Registers them, each purpose with a secret of its own: that of invitations is derived for them alone (RFC 5869). */
export async function registerOwnTokens(app: FastifyInstance, secret: string): Promise<OwnTokens> {
  const derived = Buffer.from(hkdfSync('sha256', secret, '', `gaia ${tokenPurposes.invitation.typ}`, 32));
  return {
    refresh: await registerSymmetricTokens(app, 'refresh', ringOf(secret)),
    invitation: await registerSymmetricTokens(app, 'invitation', ringOf(derived)),
  };
}

function ringOf(secret: string | Buffer) {
  return { signing: { secret }, byKid: new Map() };
}
