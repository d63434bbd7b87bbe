import { createSealer, type SealerOptions } from './sealer.ts';

/** Seals texts into texts, for stores that keep one text a value. */
export interface TextSealer {
  /** `<kid>.<base64url>`. Throws a RangeError for a text that is too large. */
  seal(text: string, context: string): string;
  /** Undefined unless one of the keys sealed it for this purpose and context. */
  open(sealed: unknown, context: string): string | undefined;
}

const syntax = /^([0-9a-f]{16})\.([\w-]+)$/;

/** As createSealer. */
export function createTextSealer(options: SealerOptions): TextSealer {
  const sealer = createSealer(options);
  return {
    seal(text, context) {
      const { sealed, kid } = sealer.seal(Buffer.from(text), context);
      return `${kid}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const [, kid, bytes] = (typeof sealed === 'string' && syntax.exec(sealed)) || [];
      if (kid === undefined || bytes === undefined) return undefined;
      return sealer.open({ sealed: Buffer.from(bytes, 'base64url'), kid }, context)?.toString();
    },
  };
}
