import { createHash, createHmac, randomUUID } from 'node:crypto';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface TokenParts {
  readonly secret: string;
  readonly body?: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly header?: Record<string, unknown>;
  /** Replaces claims; undefined takes one away. */
  readonly claims?: Record<string, unknown>;
  readonly hash?: 'sha256' | 'sha512';
}

/** A sender's token, made by hand so that everything about it can be wrong. */
export function senderToken({ secret, body, now, header, claims, hash = 'sha256' }: TokenParts): string {
  const iat = Math.floor(now / 1_000);
  const digest = body === undefined ? {} : { request_body_sha256: createHash('sha256').update(body).digest('hex') };
  const payload = { iat, exp: iat + 120, jti: randomUUID(), ...digest, ...claims };
  const content = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(payload)}`;
  return `${content}.${createHmac(hash, secret).update(content).digest('base64url')}`;
}
