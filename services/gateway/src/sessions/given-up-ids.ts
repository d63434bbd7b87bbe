import type { RevocationFeed } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { SessionStoreOptions } from './session-store.ts';

/** No token: only an id can be the reason to refuse it. */
const nothing = {
  subject: '',
  sessionId: undefined,
  actorSessionIds: [],
  keyId: '',
  issuedAt: Number.MAX_SAFE_INTEGER,
};

/**
 * Ids of sessions that live on under another one, told through the revocation feed: what a replica holds in memory must
 * not keep them alive. They stand there as ids of tokens; both are random, so none is ever that of the other kind.
 */
export function givenUpIds(options: {
  readonly feed: Pick<RevocationFeed, 'append'>;
  readonly revocations: Pick<Revocations, 'reasonToRefuse'>;
  readonly now: () => number;
}): Pick<SessionStoreOptions, 'giveUp' | 'isGivenUp'> {
  const { feed, revocations, now } = options;
  return {
    async giveUp(key, forMs) {
      const at = now();
      await feed.append({ kind: 'jti', id: key }, at + forMs, at);
    },
    isGivenUp: (key) => revocations.reasonToRefuse({ ...nothing, tokenId: key }) !== undefined,
  };
}
