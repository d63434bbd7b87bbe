import { createHash } from 'node:crypto';
import { Type } from 'typebox';

/** At least 22 characters of base64url: who has an old token must not guess the key that its rotation was asked for with. */
const syntax = '[A-Za-z0-9_-]{22,128}';
const DIGEST_BYTES = 16;

export const IdempotencyKeyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: `^(?:${syntax}|"${syntax}")$`,
      description:
        'At least 128 random bits, base64url, made for this refresh token and kept until there is a response. Sent again with ' +
        'the same key, the token gives the same successor until that has been used, also after the grace.',
    }),
  ),
});

/** The key in a header, where it is one; the draft standard puts it in quotes. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header.replace(/^"(.*)"$/, '$1') : undefined;
}

export function isIdempotencyKey(key: string): boolean {
  return new RegExp(`^${syntax}$`).test(key);
}

/** What is kept of a key: good for one rotation of one session, and no way back to the key. */
export function keyDigest(sid: string, sequence: number, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([sid, sequence, key]))
    .digest();
  return digest.subarray(0, DIGEST_BYTES).toString('base64url');
}
