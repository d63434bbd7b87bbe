import { hkdfSync } from 'node:crypto';
import { sealingKey } from '@gaia/sealed-values/sealing-keys';
import { createTextSealer, type TextSealer } from '@gaia/sealed-values/text-sealer';

export interface SessionSecrets {
  /** Sessions at rest. */
  readonly sessionSealer: TextSealer;
  /** Their tokens at rest. */
  readonly tokenSealer: TextSealer;
  /** Sign cookies that stand for nothing in the store; the first signs, all verify. */
  readonly cookieSecrets: string[];
}

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
  return {
    sessionSealer: createTextSealer({ purpose: 'browser session', keys, randomBytes }),
    tokenSealer: createTextSealer({ purpose: 'browser session tokens', keys, randomBytes }),
    cookieSecrets: secrets.map((one) => derive(one, 'cookie signing').toString('base64url')),
  };
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'gaia gateway', purpose, 32));
}
