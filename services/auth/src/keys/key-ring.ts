import { entityTag } from '@gaia/http-service/conditional-requests';
import type { KeyState } from '../database.ts';
import type { PublicJwk } from './public-jwk.ts';
import type { SigningKey } from './signing-key.ts';

/** A key as the ring holds it. */
export interface RingKey {
  readonly state: KeyState;
  readonly key: SigningKey;
}

/** The published key set (RFC 7517 §5), ready to be sent. */
export interface KeySetDocument {
  readonly body: string;
  readonly etag: string;
  readonly keys: readonly PublicJwk[];
}

export interface KeyRing {
  /** The one key that signs now. */
  signing(): SigningKey;
  document(): KeySetDocument;
  keys(): readonly RingKey[];
  /** Takes a new set of keys; throws, and keeps the old ones, unless exactly one is active. */
  replace(keys: readonly RingKey[]): void;
}

/** The keys of this process: what signs, and what is published. */
export function createKeyRing(initial: readonly RingKey[]): KeyRing {
  let signing = activeOf(initial);
  let document = documentOf(initial);
  let keys = initial;
  return {
    keys: () => keys,
    signing: () => signing,
    document: () => document,
    replace: (replacement) => {
      const active = activeOf(replacement);
      const next = documentOf(replacement);
      // The same set stays the same object: callers need not import its keys again.
      if (next.body !== document.body) document = next;
      signing = active;
      keys = replacement;
    },
  };
}

function activeOf(keys: readonly RingKey[]): SigningKey {
  const active = keys.filter((key) => key.state === 'active');
  const [only] = active;
  if (only === undefined || active.length > 1) throw new Error(`${active.length} signing keys are active; one must be`);
  return only.key;
}

function documentOf(keys: readonly RingKey[]): KeySetDocument {
  const published = keys.map((key) => key.key.publicJwk);
  const body = JSON.stringify({ keys: published });
  return Object.freeze({ body, etag: entityTag(body), keys: Object.freeze(published) });
}
