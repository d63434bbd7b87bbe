import type { Revocations } from '@gaia/token-guard/revocations';
import type { Identity } from '@gaia/tokens/identity';
import { identityOf } from '../auth-client/tokens.ts';

export interface StreamCredential {
  /** What the service has let the stream in with. */
  readonly accessToken: string;
  /** Another token of the same session when that one expires; undefined where it has ended. Left out: there is none. */
  readonly renewed?: (() => Promise<string | undefined>) | undefined;
}

export interface OpenStreams {
  /** Calls `close` when the credential is revoked, or expires and is not renewed. Gives what ends the watch. */
  watch(credential: StreamCredential, close: () => void): () => void;
}

export interface OpenStreamsOptions {
  readonly revocations: Pick<Revocations, 'reasonToRefuse'>;
  readonly now: () => number;
  /** How often all are looked at, in milliseconds; half a second if not said. */
  readonly everyMs?: number;
}

interface Watched {
  identity: Identity;
  readonly credential: StreamCredential;
  readonly close: () => void;
  renewing: boolean;
}

const EVERY_MS = 500;

/**
 * WebSockets and event streams that are open. A service looks at a token when a request comes, and such a request goes on
 * for hours: without this, who has been signed out would still be told everything.
 */
export function createOpenStreams({ revocations, now, everyMs = EVERY_MS }: OpenStreamsOptions): OpenStreams {
  const open = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  function lookAtAll(): void {
    for (const stream of open) {
      // Whatever the reason: rights that have changed count for a stream when it is opened again.
      if (revocations.reasonToRefuse(stream.identity) !== undefined) end(stream);
      else if (now() >= stream.identity.expiresAt * 1_000 && !stream.renewing) void renew(stream);
    }
  }

  async function renew(stream: Watched): Promise<void> {
    stream.renewing = true;
    const accessToken = await stream.credential.renewed?.().catch(() => undefined);
    const identity = accessToken === undefined ? undefined : identityOf(accessToken);
    stream.renewing = false;
    if (identity === undefined || now() >= identity.expiresAt * 1_000) end(stream);
    else stream.identity = identity;
  }

  function end(stream: Watched): void {
    if (forget(stream)) stream.close();
  }

  function forget(stream: Watched): boolean {
    const wasOpen = open.delete(stream);
    if (open.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    return wasOpen;
  }

  return {
    watch(credential, close) {
      const identity = identityOf(credential.accessToken);
      // What is no JWT has let nobody in: the service said so.
      if (identity === undefined) return () => {};
      const stream: Watched = { identity, credential, close, renewing: false };
      open.add(stream);
      timer ??= setInterval(lookAtAll, everyMs).unref();
      return () => void forget(stream);
    },
  };
}
