import { BARE_CHALLENGE, problem } from '../errors.ts';
import type { CutOffs } from '../revocation/cut-offs.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';

export interface LogoutOptions {
  readonly cutOffs: Pick<CutOffs, 'endSession'>;
  readonly refreshTokens: Pick<RefreshTokens, 'verifyEvenExpired'>;
  /**
   * Who a genuine access token in time belongs to, revoked or not, so that logging out twice is no error.
   * Throws the problems of a token that is neither.
   */
  verifyAccessToken(accessToken: string): Promise<{ readonly sessionId: string | undefined }>;
}

export interface LogoutRequest {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
}

/** Ends the sessions of the tokens that are given. Nothing is ended unless all of them are genuine. */
export function createLogout(options: LogoutOptions): (request: LogoutRequest) => Promise<void> {
  return async ({ accessToken, refreshToken }) => {
    if (accessToken === undefined && refreshToken === undefined) {
      throw problem('token_missing', { headers: BARE_CHALLENGE });
    }
    const ended = new Set<string>();
    if (refreshToken !== undefined) ended.add(options.refreshTokens.verifyEvenExpired(refreshToken).sessionId);
    if (accessToken !== undefined) {
      const { sessionId } = await options.verifyAccessToken(accessToken);
      // A service account's token belongs to no session.
      if (sessionId !== undefined) ended.add(sessionId);
    }
    for (const sessionId of ended) await options.cutOffs.endSession(sessionId);
  };
}
