import type { Setting } from '@gaia/settings';
import { readSealingKeys, type SealingKey } from './sealing-keys.ts';

/** The setting of a service's sealing keys; `doc` says what they seal. Required, and never shown. */
export function sealingKeys(options: { readonly doc: string }): Setting<readonly SealingKey[]> {
  return Object.freeze({
    kind: 'secret',
    doc:
      `${options.doc}: 32 bytes as base64url or hexadecimal text. ` +
      'Several, comma-separated: the first seals, all open',
    fallback: undefined,
    fallbackDoc: undefined,
    required: true,
    secret: true,
    parse: readSealingKeys,
  });
}
