import type { Identity } from '@gaia/tokens/identity';
import type { AccessTokens } from '../tokens/access-tokens.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import type { ServiceName } from './call-service.ts';

/**
 * Access tokens for this service's own requests to the others, each for one service and one purpose. auth signs them
 * itself: a secret to fetch them with from its own token endpoint would be one more that can leak.
 */
export interface InternalTokens {
  /** Erases what a service keeps of a user; of auth itself, as a client credentials token is of its client. */
  forErasing(service: ServiceName): Promise<string>;
  /**
   * Reads what a service keeps of a user for an export that the user has asked for with a token. It dies with that
   * token's session and with what ends the user's tokens.
   */
  forExport(caller: Identity, service: ServiceName): Promise<string>;
}

/** `sub` and `client_id` of this service. */
const SELF = 'auth';
const ERASING_SECONDS = 60;
/** Longest export. */
const EXPORT_SECONDS = 1_800;

export function createInternalTokens(options: {
  readonly accessTokens: AccessTokens;
  readonly iatClock: Pick<IatClock, 'next'>;
}): InternalTokens {
  const { accessTokens, iatClock } = options;
  return {
    forErasing: async (service) => {
      const { accessToken } = await accessTokens.issue({
        subject: SELF,
        clientId: SELF,
        issuedAt: await iatClock.next(SELF),
        scopes: ['subjects:erase'],
        audience: service,
        lifetimeSeconds: ERASING_SECONDS,
      });
      return accessToken;
    },
    forExport: async ({ subject, clientId, sessionId }, service) => {
      const { accessToken } = await accessTokens.issue({
        subject,
        clientId,
        sessionId,
        issuedAt: await iatClock.next(subject),
        scopes: ['account:export'],
        audience: service,
        lifetimeSeconds: EXPORT_SECONDS,
      });
      return accessToken;
    },
  };
}
