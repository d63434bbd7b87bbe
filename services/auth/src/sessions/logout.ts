import { tokenMissing } from '@gaia/token-guard/problems';
import type { Identity } from '@gaia/tokens/identity';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { Revoker } from '../revocation/revoker.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import { isUserId } from '../users/user.ts';

export interface LogoutOptions {
  readonly revoker: Pick<Revoker, 'endSession' | 'revokeToken'>;
  readonly refreshTokens: Pick<RefreshTokens, 'verifyEvenExpired'>;
  /**
   * Who a genuine access token in time belongs to, revoked or not, so that logging out twice is no error.
   * Throws the problems of a token that is neither.
   */
  verifyAccessToken(accessToken: string): Promise<Identity>;
  readonly audit: Pick<Audit, 'note'>;
}

export interface LogoutRequest {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly by: Actor;
}

interface Ending {
  readonly subject: string;
  readonly site: string | undefined;
}

/**
 * Ends the sessions of the tokens that are given. Nothing is ended unless all of them are genuine. An access token that is
 * not the user's own, but a service account's or one of a party that acts for the user, ends alone.
 */
export function createLogout(options: LogoutOptions): (request: LogoutRequest) => Promise<void> {
  return async ({ accessToken, refreshToken, by }) => {
    if (accessToken === undefined && refreshToken === undefined) {
      throw tokenMissing();
    }
    const ended = new Map<string, Ending>();
    if (refreshToken !== undefined) {
      const { sessionId, subject, site } = await options.refreshTokens.verifyEvenExpired(refreshToken);
      ended.set(sessionId, { subject, site });
    }
    if (accessToken !== undefined) {
      const { sessionId, subject, site, actor, tokenId } = await options.verifyAccessToken(accessToken);
      if (sessionId === undefined || actor !== undefined || !isUserId(subject))
        await options.revoker.revokeToken(tokenId);
      else ended.set(sessionId, { subject, site });
    }
    for (const [sessionId, { subject, site }] of ended) {
      await options.revoker.endSession(sessionId);
      await options.audit.note({ ...by, subject, sessionId }, { action: 'session.end', site, target: subject });
    }
  };
}
