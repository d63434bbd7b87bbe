import type { RefusalReason } from '@gaia/jwt/refusal';
import type { FeedEntry, Revocation } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import { CLOCK_SKEW_SECONDS } from '@gaia/tokens/purposes';

/** The claims that a revocation can match. */
export type RevocableToken = Pick<
  Identity,
  'issuedAt' | 'keyId' | 'sessionId' | 'actorSessionIds' | 'subject' | 'tokenId'
>;

/** The living revocations of one issuer, held so that a token is checked by look-ups alone. */
export interface RevocationSet {
  add(entry: FeedEntry): void;
  hasKey(kid: string): boolean;
  reasonToRefuse(token: RevocableToken): RefusalReason | undefined;
  /** Forgets what no living token can concern any more. */
  prune(now: number): void;
  size(): number;
}

interface NotBefore {
  readonly seconds: number;
  readonly expiresAt: number;
}

/** Until when a revocation must be kept, in milliseconds: as long as a token that it concerns could still be accepted. */
export function revocationExpiry(
  revocation: Revocation,
  now: number,
  limits: {
    /** Life of the longest access token that may be out, in seconds. */
    readonly longestTokenSeconds: number;
    /** For how long verifiers use keys without hearing of their issuer (JWKS_MAX_STALE_SECONDS). */
    readonly keysMaxStaleSeconds: number;
  },
): number {
  // A stolen key signs new tokens as long as a verifier that cannot reach auth still trusts it.
  const keySeconds = revocation.kind === 'kid' ? limits.keysMaxStaleSeconds : 0;
  return Math.ceil(now) + (limits.longestTokenSeconds + keySeconds + 2 * CLOCK_SKEW_SECONDS) * 1_000;
}

/**
 * Revocations are only ever added: neither a backend that has lost its data nor a smaller snapshot makes a revoked token valid.
 * Beyond `limit` single sessions, users and tokens they are melted into "nothing issued before now", which refuses more
 * than was asked (everybody refreshes once), never less, and keeps memory bounded.
 */
export function createRevocationSet(limit: number, now: () => number): RevocationSet {
  const sessions = new Map<string, number>();
  const tokens = new Map<string, number>();
  const keys = new Map<string, number>();
  const subjects = new Map<string, NotBefore>();
  let all: NotBefore = { seconds: 0, expiresAt: 0 };

  function add({ revocation, expiresAt }: FeedEntry): void {
    switch (revocation.kind) {
      case 'sid':
        keepLonger(sessions, revocation.id, expiresAt);
        break;
      case 'jti':
        keepLonger(tokens, revocation.id, expiresAt);
        break;
      case 'kid':
        keepLonger(keys, revocation.id, expiresAt);
        break;
      case 'sub':
        subjects.set(revocation.id, later(subjects.get(revocation.id), { seconds: revocation.notBefore, expiresAt }));
        break;
      case 'all':
        all = later(all, { seconds: revocation.notBefore, expiresAt });
        break;
    }
    if (sessions.size + tokens.size + subjects.size > limit) melt();
  }

  function melt(): void {
    const ends = [...sessions.values(), ...tokens.values(), ...[...subjects.values()].map((one) => one.expiresAt)];
    const starts = [...subjects.values()].map((one) => one.seconds);
    const expiresAt = ends.reduce((latest, end) => Math.max(latest, end), 0);
    // The issuer's clock may be ahead of ours: its newest tokens must be among the refused.
    const nowSeconds = Math.ceil(now() / 1_000) + CLOCK_SKEW_SECONDS;
    const seconds = starts.reduce((latest, start) => Math.max(latest, start), nowSeconds);
    all = later(all, { seconds, expiresAt });
    sessions.clear();
    tokens.clear();
    subjects.clear();
  }

  function reasonToRefuse(token: RevocableToken): RefusalReason | undefined {
    if (token.issuedAt < all.seconds) return 'all_not_before';
    if (keys.has(token.keyId)) return 'key_revoked';
    if (token.sessionId !== undefined && sessions.has(token.sessionId)) return 'session_ended';
    if (token.actorSessionIds.some((id) => sessions.has(id))) return 'actor_session_ended';
    if (token.issuedAt < (subjects.get(token.subject)?.seconds ?? 0)) return 'subject_not_before';
    if (tokens.has(token.tokenId)) return 'token_revoked';
    return undefined;
  }

  function prune(at: number): void {
    for (const known of [sessions, tokens, keys]) {
      for (const [id, expiresAt] of known) if (expiresAt <= at) known.delete(id);
    }
    for (const [id, { expiresAt }] of subjects) if (expiresAt <= at) subjects.delete(id);
    if (all.expiresAt <= at) all = { seconds: 0, expiresAt: 0 };
  }

  return {
    add,
    hasKey: (kid) => keys.has(kid),
    reasonToRefuse,
    prune,
    size: () => sessions.size + tokens.size + keys.size + subjects.size,
  };
}

function keepLonger(known: Map<string, number>, id: string, expiresAt: number): void {
  known.set(id, Math.max(known.get(id) ?? 0, expiresAt));
}

function later(one: NotBefore | undefined, other: NotBefore): NotBefore {
  if (one === undefined) return other;
  return { seconds: Math.max(one.seconds, other.seconds), expiresAt: Math.max(one.expiresAt, other.expiresAt) };
}
