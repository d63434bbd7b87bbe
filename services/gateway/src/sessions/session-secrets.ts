import { createHmac, hkdfSync } from 'node:crypto';
import { sealingKey } from '@gaia/sealed-values/sealing-keys';
import { createTextSealer, type TextSealer } from '@gaia/sealed-values/text-sealer';

export interface SessionSecrets {
  /** Sessions at rest. */
  readonly sealer: TextSealer;
  readonly digest: KeyedDigest;
}

/** A keyed digest of a text, base64url; another `purpose` gives another one. */
export type KeyedDigest = (purpose: string, text: string) => string;

/**
 * What is derived (HKDF, RFC 5869) from the secret of the gateway. `previous` still opens sessions, so that the secret
 * can be changed without ending them. `randomBytes` gives that many random bytes.
 */
export function createSessionSecrets(options: {
  readonly secret: string;
  readonly previous?: string | undefined;
  readonly randomBytes: (size: number) => Buffer;
}): SessionSecrets {
  const { secret, previous, randomBytes } = options;
  const secrets = previous === undefined ? [secret] : [secret, previous];
  const keys = secrets.map((one) => sealingKey(derive(one, 'session sealing')));
  const digesting = derive(secret, 'session digests');
  return {
    sealer: createTextSealer({ purpose: 'browser session', keys, randomBytes }),
    digest: (purpose, text) => createHmac('sha256', digesting).update(`${purpose}\0${text}`).digest('base64url'),
  };
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'gaia gateway', purpose, 32));
}
