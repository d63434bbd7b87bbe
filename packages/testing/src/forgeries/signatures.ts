import { encodePart } from '../signing.ts';
import { type Forgery, type ForgeryMaterial, forgeriesOf, INVALID, UNREADABLE } from './forgery.ts';

const { essential } = forgeriesOf('signature');

/** A missing, broken or foreign signature. */
export function signatureForgeries({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const [header = '', payload = '', signature = ''] = issuer.tokenFor({ role: 'member' }).split('.');
  const [, otherPayload = '', otherSignature = ''] = issuer.tokenFor({ role: 'owner' }).split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const withSignature = (changed: Buffer) => `${header}.${payload}.${changed.toString('base64url')}`;
  return [
    essential('stripped', UNREADABLE, `${header}.${payload}.`),
    essential('stripped with its dot', UNREADABLE, `${header}.${payload}`),
    ...[0, Math.floor(bytes.length / 2), bytes.length - 1].flatMap((at) => [
      essential(`lowest bit of byte ${at} flipped`, INVALID, withSignature(flipped(bytes, at, 1))),
      essential(`highest bit of byte ${at} flipped`, INVALID, withSignature(flipped(bytes, at, 0x80))),
    ]),
    essential('zeros', INVALID, withSignature(Buffer.alloc(bytes.length))),
    essential('ones', INVALID, withSignature(Buffer.alloc(bytes.length, 0xff))),
    essential('a single byte', INVALID, withSignature(Buffer.from([1]))),
    essential('cut by one byte', INVALID, withSignature(bytes.subarray(0, -1))),
    essential('with a byte behind it', INVALID, withSignature(Buffer.concat([bytes, Buffer.from([0])]))),
    essential('with a byte in front of it', INVALID, withSignature(Buffer.concat([Buffer.from([0]), bytes]))),
    essential('twice', INVALID, withSignature(Buffer.concat([bytes, bytes]))),
    essential("another token's", INVALID, `${header}.${payload}.${otherSignature}`),
    essential("another token's payload under it", INVALID, `${header}.${otherPayload}.${signature}`),
    ...editedClaims(payload).map(([what, edited]) =>
      essential(`over other claims: ${what}`, INVALID, `${header}.${encodePart(edited)}.${signature}`),
    ),
    essential('over another header', INVALID, `${encodePart({ ...issuer.header(), x: 1 })}.${payload}.${signature}`),
  ];
}

function editedClaims(payload: string): readonly (readonly [string, unknown])[] {
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
  return [
    ['another sub', { ...claims, sub: 'another-party' }],
    ['more roles', { ...claims, roles: ['owner', 'administrator'] }],
    ['more scope', { ...claims, scope: `${claims.scope} users:manage sites:manage` }],
    ['another site', { ...claims, site: 'site-b.localhost' }],
    ['a later exp', { ...claims, exp: Number(claims.exp) + 1 }],
    ['the same in another order', Object.fromEntries(Object.entries(claims).reverse())],
  ];
}

function flipped(bytes: Buffer, at: number, mask: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ mask;
  return changed;
}
