import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { createJwksCache, type JwksCache } from '@gaia/jwks-cache';
import type { RevocationFeed } from '@gaia/state/state';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { GuardLog } from './guard-log.ts';
import type { GuardConfig } from './guard-settings.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import { createVerifier, type Verifier } from './verifier.ts';

export interface GuardDependencies {
  /** Where revocations are read; without one, tokens are good until they expire and requireFresh cannot be used. */
  readonly feed?: Pick<RevocationFeed, 'snapshot' | 'head' | 'subscribe'> | undefined;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** A number in [0, 1). */
  readonly random?: () => number;
  readonly log?: GuardLog | undefined;
  /** The service's own audience beside the suite's. */
  readonly audience?: string;
}

/** One part of `/ready`. */
export interface GuardHealthCheck {
  readonly name: string;
  readonly critical: boolean;
  check(): { readonly status: 'ok' | 'degraded' | 'down'; readonly detail: Readonly<Record<string, unknown>> };
}

/** Everything that a service needs to protect its routes; one a process. */
export interface Guard {
  readonly verifier: Verifier;
  /** Keys by issuer, ours first. */
  readonly jwks: ReadonlyMap<string, JwksCache>;
  readonly revocations: Revocations | undefined;
  /** Resolves when keys and revocations have been asked for once; never rejects, so a service starts without auth. */
  readonly ready: Promise<void>;
  /** `keys` and `revocations`, neither critical: a service without auth or Redis goes on with what it knows. */
  readonly healthChecks: readonly GuardHealthCheck[];
  close(): Promise<void>;
}

/**
 * Wires verifier, keys and revocation feed the same way in every service. Starts fetching at once.
 * Throws TypeError if an issuer is configured twice.
 */
export function createGuard(config: GuardConfig, dependencies: GuardDependencies): Guard {
  const { feed, audience, log, fetch, now = Date.now, random = Math.random } = dependencies;
  refuseRepeatedIssuers(config);
  const maxStaleMs = config.JWKS_MAX_STALE_SECONDS * 1_000;
  const keysOf = (url: string, file: string | undefined) =>
    createJwksCache({ url, file, fetch, now, random, log, maxStaleMs });
  const file = config.JWKS_CACHE_FILE;
  const own = keysOf(config.JWKS_URL, file);
  const others = config.TRUSTED_ISSUERS.map(({ issuer, jwksUrl }, index): [string, JwksCache] => [
    issuer,
    keysOf(jwksUrl, file === undefined ? undefined : `${file}.${index + 1}`),
  ]);
  const jwks = new Map([[config.GAIA_ISSUER, own], ...others]);
  // A key is revoked because it was stolen: the keys that are left are worth knowing at once.
  const onKeyRevoked = () => void own.refresh();
  const revocations = feed && createRevocations({ feed, log, now, random, onKeyRevoked });
  const verifier = createVerifier({
    issuers: [
      { issuer: config.GAIA_ISSUER, jwks: own, revocations },
      ...others.map(([issuer, keys]) => ({ issuer, jwks: keys })),
    ],
    audience: audience === undefined ? SUITE_AUDIENCE : [SUITE_AUDIENCE, audience],
    now,
  });
  return {
    verifier,
    jwks,
    revocations,
    ready: Promise.all([...[...jwks.values()].map((keys) => keys.ready), revocations?.ready]).then(() => undefined),
    healthChecks: [keysCheck(own, [...jwks.values()]), ...(revocations ? [revocationsCheck(revocations)] : [])],
    close: async () => {
      for (const keys of jwks.values()) keys.close();
      await revocations?.close();
    },
  };
}

/** A further issuer of the same name would put its keys in the place of ours. */
function refuseRepeatedIssuers(config: GuardConfig): void {
  const names = [config.GAIA_ISSUER, ...config.TRUSTED_ISSUERS.map(({ issuer }) => issuer)];
  if (new Set(names).size !== names.length) {
    throw new TypeError('GAIA_ISSUER and TRUSTED_ISSUERS name an issuer twice');
  }
}

/** `down` only when our own tokens cannot be verified; everything less is `degraded`. */
function keysCheck(own: JwksCache, all: readonly JwksCache[]): GuardHealthCheck {
  return {
    name: 'keys',
    critical: false,
    check: () => {
      const { usable, kids, ageMs } = own.status();
      const current = all.every((keys) => !keys.status().stale);
      return {
        status: !usable ? 'down' : current ? 'ok' : 'degraded',
        detail: { keys: kids.length, age_seconds: wholeSeconds(ageMs) },
      };
    },
  };
}

function revocationsCheck(revocations: Revocations): GuardHealthCheck {
  return {
    name: 'revocations',
    critical: false,
    check: () => {
      const { degraded, ageMs, activeRevocations } = revocations.status();
      return {
        status: degraded ? 'degraded' : 'ok',
        detail: { cut_offs: activeRevocations, age_seconds: wholeSeconds(ageMs) },
      };
    },
  };
}

/** Null where there never was an answer. */
function wholeSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms / 1_000);
}
