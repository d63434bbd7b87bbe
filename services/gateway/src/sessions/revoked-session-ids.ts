import type { RevocationFeed } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';

/** Session ids that are dead before their time, by the digest that the store knows them by. */
export interface RevokedSessionIds {
  /** Tells all replicas; none needs to know for longer than `forMs`. */
  revoke(key: string, forMs: number): Promise<void>;
  isRevoked(key: string): boolean;
}

/** No token: only an id can be the reason to refuse it. */
const noToken = {
  subject: '',
  sessionId: undefined,
  actorSessionIds: [],
  keyId: '',
  issuedAt: Number.MAX_SAFE_INTEGER,
};

/**
 * Session ids are revoked through the feed: what a replica holds in memory must not keep one alive. They stand there as
 * ids of tokens; both are random, so none is ever that of the other kind.
 */
export function createRevokedSessionIds(options: {
  readonly feed: Pick<RevocationFeed, 'append'>;
  readonly revocations: Pick<Revocations, 'reasonToRefuse'>;
  readonly now: () => number;
}): RevokedSessionIds {
  const { feed, revocations, now } = options;
  return {
    async revoke(key, forMs) {
      const at = now();
      await feed.append({ kind: 'jti', id: key }, at + forMs, at);
    },
    isRevoked: (key) => revocations.reasonToRefuse({ ...noToken, tokenId: key }) !== undefined,
  };
}
