import type { Fetch } from '@gaia/http-client/bounded-fetch';
import { type IssuedToken, requestToken, ServiceCredentialsError } from './token-request.ts';

export interface ServiceCredentialsOptions {
  /** auth's token endpoint, http or https. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Space-separated permissions (RFC 6749 §3.3). */
  readonly scope: string;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A request that takes longer is given up, body included. 5 seconds. */
  readonly timeoutMs?: number;
}

export interface ServiceCredentials {
  /**
   * A token that is good for at least a few seconds. Throws ServiceCredentialsError (`credentials_unavailable`: auth
   * does not answer; `credentials_refused`: it does not know this client), at once while a failure is being waited out.
   */
  accessToken(): Promise<string>;
  /** Forgets a token that was refused, so that the next call asks for another. */
  discard(accessToken: string): void;
}

const RENEW_AT = 0.8;
/** A token this close to its end could end on the way. */
const LAST_USE_MS = 2_000;
const BACKOFF_MS = { first: 250, longest: 30_000 } as const;

/**
 * Tokens of a service's own account (client credentials, RFC 6749 §4.4): one is kept until 80 % of its life, one request
 * serves all who ask at the same time, and after a failure auth is left in peace for a while that grows up to 30 seconds.
 * An old token that is still good is used while auth is away. Throws TypeError for unusable options.
 */
export function createServiceCredentials(options: ServiceCredentialsOptions): ServiceCredentials {
  const { tokenUrl, clientId, clientSecret, now } = options;
  if (!/^https?:\/\//.test(tokenUrl) || !URL.canParse(tokenUrl)) throw new TypeError('tokenUrl must be an http URL');
  if (clientId === '' || clientSecret === '') throw new TypeError('clientId and clientSecret must not be empty');
  const timeoutMs = options.timeoutMs ?? 5_000;

  let held: IssuedToken | undefined;
  let inFlight: Promise<string> | undefined;
  let failuresInARow = 0;
  let lastFailure: ServiceCredentialsError | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;

  const stillGood = (): string | undefined =>
    held !== undefined && now() < held.expiresAt - LAST_USE_MS ? held.accessToken : undefined;

  async function renew(): Promise<string> {
    try {
      held = await requestToken({ ...options, timeoutMs });
      failuresInARow = 0;
      lastFailure = undefined;
      return held.accessToken;
    } catch (error) {
      lastFailure = ServiceCredentialsError.from(error);
      notBefore = now() + Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(failuresInARow, 16));
      failuresInARow += 1;
      return orThrow(lastFailure);
    }
  }

  function orThrow(failure: ServiceCredentialsError): string {
    const good = stillGood();
    if (good === undefined) throw failure;
    return good;
  }

  return {
    async accessToken() {
      if (held !== undefined && now() < held.issuedAt + (held.expiresAt - held.issuedAt) * RENEW_AT) {
        return held.accessToken;
      }
      if (lastFailure !== undefined && now() < notBefore) return orThrow(lastFailure);
      inFlight ??= renew().finally(() => {
        inFlight = undefined;
      });
      return inFlight;
    },
    discard(accessToken) {
      if (held?.accessToken === accessToken) held = undefined;
    },
  };
}
