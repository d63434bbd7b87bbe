import { createSealer, type SealerOptions } from './sealer.ts';

/** Seals texts into texts, for stores that keep one text a value. */
export interface TextSealer {
  /** `<version of the key>.<base64url>`. Throws a RangeError for a text that is too large. */
  seal(text: string, place: string): string;
  /** The text; undefined for anything that was not sealed with a key of ours, for this purpose and place. */
  open(sealed: unknown, place: string): string | undefined;
}

const syntax = /^([0-9a-f]{16})\.([\w-]+)$/;

/** As createSealer. */
export function createTextSealer(options: SealerOptions): TextSealer {
  const sealer = createSealer(options);
  return {
    seal(text, place) {
      const { sealed, keyVersion } = sealer.seal(Buffer.from(text), place);
      return `${keyVersion}.${sealed.toString('base64url')}`;
    },
    open(sealed, place) {
      const [, keyVersion, bytes] = (typeof sealed === 'string' && syntax.exec(sealed)) || [];
      if (keyVersion === undefined || bytes === undefined) return undefined;
      return sealer.open({ sealed: Buffer.from(bytes, 'base64url'), keyVersion }, place)?.toString();
    },
  };
}
